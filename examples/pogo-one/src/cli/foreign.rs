//! Flags of other tools, with the equivalent to type here.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory};

use super::{Cli, NAME};

/// Foreign flags with their equivalents.
const FOREIGN: &[(&[&str], &str)] = &[
    (
        &["-l", "--login", "--limit", "--subset"],
        "the user to log in as is -u USER; hosts are targets, and -x leaves some out",
    ),
    (
        &["-a", "--all", "--args"],
        "the command goes behind `--`; all hosts are the target '*'",
    ),
    (
        &["-m", "--module-name", "--module"],
        "there are no modules; write a command behind `--`, or --script FILE",
    ),
    (
        &["-K", "--ask-become-pass", "--ask-sudo-pass"],
        "run as another user with --run-as root, and --ask-sudo-password asks for its password",
    ),
    (
        &["--become", "--sudo", "--become-user", "--become-method", "-s", "-S"],
        "run as another user with --run-as root",
    ),
    (
        &["-k", "--ask-pass", "--askpass-login", "-A"],
        "a password is asked for with --ask-password; the agent is passed on with -o ForwardAgent=yes",
    ),
    (
        &["-g", "--group", "--group-file"],
        "a group is a tag, and so a target: @GROUP",
    ),
    (
        &["-H", "--host", "--hosts", "--hostname"],
        "hosts are targets: 'web[1-3],db1'",
    ),
    (
        &["--hostfile", "--hosts-file", "--host-file"],
        "a list of hosts is --targets-file FILE",
    ),
    (
        &[
            "-p",
            "--par",
            "--parallel",
            "--forks",
            "--fanout",
            "--concurrency",
            "--parallelism",
        ],
        "the most hosts at once are -f N; a port is --port N",
    ),
    (
        &["--serial", "--batch", "--batch-size", "--canary"],
        "parts of a job are --waves 1,10%,100%; the most hosts at once are -f N",
    ),
    (
        &[
            "-P",
            "--print",
            "--inline",
            "--inline-stdout",
            "--stdout",
            "-N",
            "-L",
            "--line-mode",
        ],
        "output is printed as it comes, behind its host's name; -b folds what is the same",
    ),
    (&["-B", "--gather", "--dshbak"], "what is the same is folded with -b"),
    (
        &["--outdir", "--errdir", "--output-dir", "--tree"],
        "outputs of all hosts go into one file with --events FILE",
    ),
    (
        &["-e", "--extra-vars", "--extra-args", "-E"],
        "a variable in the command's environment is --env NAME=VALUE, a secret one --secret-env NAME",
    ),
    (&["-C", "--check"], "what would be done is shown by --dry-run"),
    (
        &["-J", "--proxy-jump", "--proxyjump"],
        "hosts on the way are --jump [user@]host[:port]",
    ),
    (
        &["-F", "--ssh-common-args", "--ssh-extra-args", "-R", "--worker"],
        "ssh's configuration is --ssh-config FILE, an option of it -o KEY=VALUE",
    ),
    (
        &["--private-key", "--key-file", "--key", "--identity-file"],
        "a private key is --identity FILE",
    ),
    (
        &["--connection", "--rsh", "--rcmd"],
        "how SSH is spoken is --transport builtin|ssh",
    ),
    (
        &["--password", "--pass", "--conn-pass-file"],
        "a password is asked for with --ask-password, or read with --password-file FILE",
    ),
    (
        &["--copy", "--dest", "--src", "--upload"],
        "a file is put on the hosts with --send FILE[:REMOTE]",
    ),
    (
        &["--chdir", "--workdir", "--cd", "--directory"],
        "the directory that the command starts in is --cwd DIR",
    ),
    (
        &[
            "--fail-fast",
            "--max-fail",
            "--max-fail-percentage",
            "--any-errors-fatal",
        ],
        "a job stops with --max-failures N|P%",
    ),
    (
        &[
            "-T",
            "-d",
            "--command-timeout",
            "--command_timeout",
            "--time-limit",
            "--poll",
        ],
        "a host's time limit is --timeout TIME, that of connecting --connect-timeout TIME",
    ),
    (&["--tty", "--tt"], "the command gets a terminal with --pty"),
    (&["--environment", "--setenv"], "a variable is --env NAME=VALUE"),
    (
        &["--nodes", "--node", "-N", "--wcoll"],
        "hosts are targets, or --targets-file FILE",
    ),
    (
        &["--color=never", "--nocolor", "--no-color"],
        "colours are --color never, or NO_COLOR=1",
    ),
];

/// A better message for a wrong command line, if there is one.
pub(crate) fn explain(error: &clap::Error, line: &[OsString]) -> Option<String> {
    let words: Vec<String> = line.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let verb = words
        .iter()
        .skip(1)
        .position(|word| word == "run" || word == "plan" || word == "simulate")?
        + 1;
    if error.kind() == ErrorKind::DisplayHelp {
        return help_for_hosts(words.get(verb..)?);
    }
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let name = flag.split('=').next().unwrap_or(flag);
    let mut foreign = FOREIGN.iter();
    let meaning = foreign
        .find(|(names, _)| names.contains(&name))
        .map(|(_, meaning)| *meaning);
    if words.get(verb).is_some_and(|verb| verb == "run")
        && let Some(message) = missing_dashes(&words, verb, flag)
    {
        return Some(message);
    }
    let bundled = FOLDS.contains(&name) && words.iter().any(|word| word == "-b" || word.starts_with("-b"));
    let also = if bundled { "; -b folds outputs here" } else { "" };
    meaning.map(|meaning| format!("`{name}` is not known here: {meaning}{also}"))
}

/// Flags beside which `-b` has ansible's meaning.
const FOLDS: &[&str] = &[
    "-K",
    "-k",
    "-m",
    "-a",
    "--become",
    "--become-user",
    "--become-method",
    "--ask-become-pass",
];

/// `-h` is help here and a list of hosts for `pssh`.
fn help_for_hosts(words: &[String]) -> Option<String> {
    let at = words.iter().position(|word| word == "-h")?;
    let file = words.get(at + 1).filter(|word| !word.starts_with('-'))?;
    std::path::Path::new(file)
        .is_file()
        .then(|| format!("`-h` is help here; a list of hosts is --targets-file {file}"))
}

/// The message for an option of the command that was parsed as one of pogo's, because `--` is missing.
fn missing_dashes(words: &[String], verb: usize, flag: &str) -> Option<String> {
    if words.iter().any(|word| word == "--") {
        return None;
    }
    let command = Cli::command();
    let run = command.find_subcommand("run")?;
    let after = words.get(verb + 1..)?;
    let starts = |word: &String| word == flag || word.starts_with(flag) || (flag.len() == 2 && is_bundle(word, flag));
    let at = after.iter().position(starts)?;
    let (bare, has_targets) = bare_words(run, after.get(..at)?);
    let first = match has_targets {
        true => bare.first(),
        false => bare.get(1),
    }?;
    let (before, rest) = after.split_at_checked(*first)?;
    Some(with_dashes(before, rest))
}

fn is_bundle(word: &str, flag: &str) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.contains(flag.trim_start_matches('-'))
}

/// The positions of positional words, and whether an option names targets.
fn bare_words(run: &Command, words: &[String]) -> (Vec<usize>, bool) {
    let (mut bare, mut has_targets, mut is_value) = (Vec::new(), false, false);
    for (at, word) in words.iter().enumerate() {
        if std::mem::take(&mut is_value) {
            continue;
        }
        if !word.starts_with('-') || word == "-" {
            bare.push(at);
            continue;
        }
        let argument = run.get_arguments().find(|argument| {
            let long = argument
                .get_long()
                .is_some_and(|long| word.strip_prefix("--") == Some(long));
            let short = argument.get_short().is_some_and(|short| *word == format!("-{short}"));
            long || short || (argument.get_id() == "targets" && word == "-w")
        });
        let Some(argument) = argument else { continue };
        is_value = argument.get_action().takes_values();
        has_targets |= ["targets", "targets_file", "job_file"].contains(&argument.get_id().as_str());
    }
    (bare, has_targets)
}

/// The message for a missing command, where these words may be targets.
pub(crate) fn missing_command(words: &[String], has_targets: bool) -> String {
    let targets = usize::from(!has_targets);
    match words.split_at_checked(targets) {
        Some((targets, command)) if !command.is_empty() => with_dashes(targets, command),
        _ => format!("a command is missing; write it behind `--`, as in `{NAME} run 'web[1-3]' -- uptime`"),
    }
}

fn with_dashes(before: &[String], command: &[String]) -> String {
    let quoted = |words: &[String]| {
        words
            .iter()
            .map(|word| format!(" {}", quoted(word)))
            .collect::<String>()
    };
    format!(
        "the command goes behind `--`; write `{NAME} run{} --{}`",
        quoted(before),
        quoted(command)
    )
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@%+=:,./-_".contains(&byte);
    match !word.is_empty() && word.bytes().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}
