//! Hosts with a forced command (`ForceCommand`, `command=` in `authorized_keys`).

use pogo_core::dispatcher::Attempt;
use pogo_core::fleet::Host;
use pogo_core::plan::RemoteCommand;

use crate::quote::quote_all;

/// The host setting that declares a forced command.
const FORCED_COMMAND: &str = "forced_command";

/// The line to send to such a host: the command itself, which `SSH_ORIGINAL_COMMAND` shows. `None` for
/// other hosts.
pub(super) fn forced_line(attempt: &Attempt) -> Option<String> {
    is_forced(attempt).then(|| match attempt.command.as_ref() {
        RemoteCommand::Argv(words) => quote_all(words.iter().map(String::as_str)),
        command => command.to_string(),
    })
}

/// Why a host with a forced command cannot run this attempt.
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
            "a host with a forced command takes no environment, directory or other user; do without them, or without \
             `forced_command`",
        );
    }
    if !exec_options.files.is_empty() {
        return Some("a host with a forced command takes no files; do without them, or without `forced_command`");
    }
    None
}

/// Whether the host is declared to have a forced command.
pub(crate) fn is_forced(attempt: &Attempt) -> bool {
    attempt.exec_options.forced_command || says_so(&attempt.host)
}

fn says_so(host: &Host) -> bool {
    let value = host.connection.vars.get(FORCED_COMMAND);
    value.is_some_and(|value| value == "true" || value == "yes")
}
