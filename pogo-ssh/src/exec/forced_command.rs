//! Hosts that run something of their own, whatever they are asked to run.

use pogo_core::dispatcher::Attempt;
use pogo_core::fleet::Host;
use pogo_core::plan::Command;

use crate::quote::quote_all;

/// The setting of a host that says so.
const FORCED_COMMAND: &str = "forced_command";

/// The line to ask such a host for: that of the command itself, which a forced command may look at. `None` if this is no
/// such host.
pub(super) fn forced_line(attempt: &Attempt) -> Option<String> {
    is_forced(attempt).then(|| match attempt.command.as_ref() {
        Command::Argv(words) => quote_all(words.iter().map(String::as_str)),
        command => command.to_string(),
    })
}

/// Why such a host cannot do it.
pub(super) fn unsuitable_where_forced(attempt: &Attempt) -> Option<&'static str> {
    if !is_forced(attempt) {
        return None;
    }
    let exec_options = &attempt.exec_options;
    if exec_options.detached.is_some() {
        return Some("a host with a forced command runs nothing detached; do without `detached`");
    }
    if exec_options.run_as.is_some() || exec_options.directory.is_some() || !exec_options.environment.is_empty() {
        return Some(
            "a host with a forced command takes no environment, directory or other user; do without them, or without `forced_command`",
        );
    }
    if !exec_options.files.is_empty() {
        return Some("a host with a forced command takes no files; do without them, or without `forced_command`");
    }
    None
}

/// Whether the host is meant to run something of its own.
pub(crate) fn is_forced(attempt: &Attempt) -> bool {
    attempt.exec_options.forced_command || says_so(&attempt.host)
}

fn says_so(host: &Host) -> bool {
    let value = host.connection.vars.get(FORCED_COMMAND);
    value.is_some_and(|value| value == "true" || value == "yes")
}
