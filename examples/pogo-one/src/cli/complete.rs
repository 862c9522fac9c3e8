//! Completion of hosts and tags, from the sources that the line names so far.

use std::ffi::{OsStr, OsString};

use clap::{CommandFactory, FromArgMatches};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::Cli;
use crate::sources::SourceArgs;

/// No shell shows more, and a fleet may have a million hosts.
const MOST: usize = 500;

/// Completes targets.
pub(super) fn targets() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| candidates(current).unwrap_or_default())
}

fn candidates(current: &OsStr) -> Option<Vec<CompletionCandidate>> {
    let current = current.to_str()?;
    // What stands before the last part is kept.
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

/// The sources of the line that is being typed: it stands behind the `--` with which the shell asks.
fn sources() -> Option<SourceArgs> {
    let words: Vec<OsString> = std::env::args_os().skip_while(|word| word != "--").skip(1).collect();
    let line = crate::config::complete(words).ok()?.line;
    let matches = Cli::command().ignore_errors(true).try_get_matches_from(line).ok()?;
    let (name, mut matches) = matches.subcommand()?;
    if name == "inventory" {
        matches = matches.subcommand()?.1;
    }
    SourceArgs::from_arg_matches(matches).ok()
}
