//! Shell completion of sources, and of hosts and tags from the sources on the command line.

use std::ffi::{OsStr, OsString};

use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter};
use pogo_inventory::SourceSpec;

use crate::cli::{Cli, SourceArgs};
use crate::config;

/// The most candidates: a fleet may have a million hosts.
const MOST: usize = 500;

/// The command line with completers, for shells that call the program.
pub(crate) fn command() -> Command {
    with_completers(Cli::command())
}

// Completers are added here: a completer parses the line, and so depends on all arguments.
fn with_completers(command: Command) -> Command {
    command.mut_args(with_completer).mut_subcommands(with_completers)
}

fn with_completer(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "words" | "targets" | "exclude" | "assume_down" => arg.add(targets()),
        "inventory" | "old" | "new" => arg.add(source()),
        "policy" => arg.add(policy()),
        #[cfg(feature = "store")]
        "job" if arg.is_positional() => arg.add(jobs()),
        _ => arg,
    }
}

/// Completes targets.
fn targets() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| candidates(current).unwrap_or_default())
}

fn candidates(current: &OsStr) -> Option<Vec<CompletionCandidate>> {
    let current = current.to_str()?;
    // Only the last part of an expression is completed.
    let start = current.rfind([',', '|', '&', '!', '(', ' ']).map_or(0, |at| at + 1);
    let (before, last) = current.split_at_checked(start)?;
    let fleet = sources()?.quiet_fleet()?;
    let tags = fleet.tags().map(|tag| format!("@{}", fleet.tag_path(tag)));
    let hosts = fleet.ids().map(|host| fleet.name(host).to_string());
    let known = tags
        .chain(hosts)
        .filter(|name| name.starts_with(&last.replacen('$', "@", 1)));
    Some(
        known
            .take(MOST)
            .map(|name| CompletionCandidate::new(format!("{before}{name}")))
            .collect(),
    )
}

/// Completes the number of a job, with what it runs beside it: of the newest that a dispatcher knows, which is not
/// started for that.
#[cfg(feature = "store")]
fn jobs() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let begun = current.to_string_lossy().into_owned();
        let known = crate::verbs::newest_jobs(&place().unwrap_or_default()).unwrap_or_default();
        let known = known.into_iter().map(|(job, command)| (job.to_string(), command));
        let last = ("last".to_owned(), "the one that was submitted last".to_owned());
        let fitting = known.chain([last]).filter(|(word, _)| word.starts_with(&begun));
        fitting
            .map(|(word, help)| CompletionCandidate::new(word).help(Some(help.into())))
            .collect()
    })
}

/// The store on the line being typed.
#[cfg(feature = "store")]
fn place() -> Option<crate::cli::PlaceArgs> {
    let mut matches = typed()?;
    while let Some((_, inner)) = matches.clone().subcommand() {
        matches = inner.clone();
    }
    crate::cli::PlaceArgs::from_arg_matches(&matches).ok()
}

/// Completes a source: its type, then its path.
fn source() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let Some((of_type, path)) = current.to_str().and_then(|text| text.split_once(':')) else {
            return types(current).chain(PathCompleter::any().complete(current)).collect();
        };
        match SourceSpec::types().any(|known| known == of_type) {
            true => {
                let paths = PathCompleter::any().stdio().complete(OsStr::new(path));
                let prefix = format!("{of_type}:");
                paths.into_iter().map(|path| path.add_prefix(&prefix)).collect()
            }
            false => vec![],
        }
    })
}

/// Completes the policy file, which may be one of Pogo 4.0.
fn policy() -> ArgValueCompleter {
    ArgValueCompleter::new(
        |current: &OsStr| match current.to_str().and_then(|text| text.strip_prefix("pogo4:")) {
            Some(path) => {
                let paths = PathCompleter::file().complete(OsStr::new(path));
                paths.into_iter().map(|path| path.add_prefix("pogo4:")).collect()
            }
            None => PathCompleter::file().complete(current),
        },
    )
}

/// Types with this prefix, followed by a colon.
fn types(current: &OsStr) -> impl Iterator<Item = CompletionCandidate> {
    let begun = current.to_string_lossy().into_owned();
    SourceSpec::types()
        .filter(move |name| name.starts_with(&begun))
        .map(|name| CompletionCandidate::new(format!("{name}:")))
}

/// The line being typed, which the shell passes after `--`.
fn typed() -> Option<ArgMatches> {
    let words: Vec<OsString> = std::env::args_os().skip_while(|word| word != "--").skip(1).collect();
    let line = config::complete(words).ok()?.line;
    Cli::command().ignore_errors(true).try_get_matches_from(line).ok()
}

/// The sources on the line being typed.
fn sources() -> Option<SourceArgs> {
    let matches = typed()?;
    let (name, mut matches) = matches.subcommand()?;
    if name == "inventory" {
        matches = matches.subcommand()?.1;
    }
    SourceArgs::from_arg_matches(matches).ok()
}
