//! `pogo-one completion` and `pogo-one man`: what packages install beside the program.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::env::{Bash, EnvCompleter, Fish, Zsh};

use crate::cli::{Cli, CompletionArgs, ManArgs, NAME, Shell};
use crate::exit::{Exit, Stop};
use crate::report;

/// Prints the script of a shell.
pub(crate) fn completion(args: &CompletionArgs) -> Result<Exit, Stop> {
    let mut script = Vec::new();
    if args.dynamic {
        let shell: &dyn EnvCompleter = match args.shell {
            Shell::Bash => &Bash,
            Shell::Zsh => &Zsh,
            Shell::Fish => &Fish,
        };
        shell.write_registration("COMPLETE", NAME, NAME, NAME, &mut script)?;
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
pub(crate) fn man(args: &ManArgs) -> Result<Exit, Stop> {
    let write = |path: &Path| clap_mangen::generate_to(Cli::command(), path);
    std::fs::create_dir_all(&args.directory)
        .and_then(|()| write(&args.directory))
        .map_err(|error| Stop::usage(format!("cannot write into {}: {error}", args.directory.display())))?;
    Ok(Exit::Succeeded)
}
