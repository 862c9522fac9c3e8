//! `pogo completion` and `pogo man`, for packages.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::env::{Bash, EnvCompleter, Fish, Zsh};

use crate::cli::{Cli, CompletionArgs, ManArgs, NAME, Shell};
use crate::exit::{CliError, Exit};
use crate::report;

/// Bash cuts words at `:`, `@` and `=` and completes the last part alone: the parts are put together for the program,
/// and what stands before the last part is taken off its answers.
const WHOLE_WORDS: &str = r#"
_pogo_whole_words() {
    local rest=${COMP_LINE:0:COMP_POINT} part cur
    local -a whole=()
    for part in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        [[ ${#whole[@]} -gt 0 && ${rest:0:1} != [[:space:]] ]] || whole+=("")
        rest=${rest#"${rest%%[![:space:]]*}"}
        [[ $rest == "$part"* ]] || part=$rest
        rest=${rest:${#part}}
        whole[${#whole[@]}-1]+=$part
    done
    cur=${whole[${#whole[@]}-1]}
    local lead=${cur%"$2"}
    local COMP_WORDS=("${whole[@]}") COMP_CWORD=$((${#whole[@]} - 1))
    _clap_complete_FUNCTION "$1" "$cur" "$3"
    COMPREPLY=("${COMPREPLY[@]#"$lead"}")
}
complete -o nospace -o bashdefault -F _pogo_whole_words NAME
"#;

/// Prints the script of a shell.
pub(crate) fn completion(args: &CompletionArgs) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    if args.dynamic {
        let shell: &dyn EnvCompleter = match args.shell {
            Shell::Bash => &Bash,
            Shell::Zsh => &Zsh,
            Shell::Fish => &Fish,
        };
        shell.write_registration("COMPLETE", NAME, NAME, NAME, &mut script)?;
        if let Shell::Bash = args.shell {
            script.extend_from_slice(
                WHOLE_WORDS
                    .replace("NAME", NAME)
                    .replace("FUNCTION", &NAME.replace('-', "_"))
                    .as_bytes(),
            );
        }
    } else {
        let shell = match args.shell {
            Shell::Bash => clap_complete::Shell::Bash,
            Shell::Zsh => clap_complete::Shell::Zsh,
            Shell::Fish => clap_complete::Shell::Fish,
        };
        clap_complete::generate(shell, &mut Cli::command(), NAME, &mut script);
    }
    report::print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Succeeded)
}

/// Writes a page of the manual for each verb.
pub(crate) fn man(args: &ManArgs) -> Result<Exit, CliError> {
    let write = |path: &Path| clap_mangen::generate_to(Cli::command(), path);
    std::fs::create_dir_all(&args.directory)
        .and_then(|()| write(&args.directory))
        .map_err(|error| CliError::usage(format!("cannot write into {}: {error}", args.directory.display())))?;
    Ok(Exit::Succeeded)
}
