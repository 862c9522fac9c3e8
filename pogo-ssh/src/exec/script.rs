//! The shell text that runs one step on a host.
//!
//! The login shell of the target only has to understand `exec` and single quotes; all else is for its `/bin/sh`.

use pogo_core::dispatcher::Attempt;
use pogo_core::plan::Command;
use pogo_core::scheduler::{AttemptId, Phase};

use super::way::Way;
use crate::quote::{quote, quote_all};

/// Makes sure that the step has a process group of its own, so that all of it can be ended: OpenSSH starts every
/// command as the leader of one; others may not. `$1` is what to run; it finds `group` or `alone` in `$2`.
const LEAD_A_GROUP: &str = r#"if kill -0 -$$ 2>/dev/null; then set -- "$1" group
elif command -v setsid >/dev/null 2>&1; then exec setsid /bin/sh -c "$1" sh "$1" group
else set -- "$1" alone; fi
eval "$1""#;

/// The same on a terminal, which a group of its own could no longer read: what is in the group with it, such as sudo,
/// has no other purpose. Finds the group in `$3`.
const KNOW_THE_GROUP: &str = r#"g=$(ps -o pgid= -p $$ 2>/dev/null | tr -d ' ')
if [ -n "$g" ]; then set -- "$1" group "$g"; else set -- "$1" alone; fi
eval "$1""#;

/// What starts every mark on standard error.
pub(super) const MARK: &str = "\x1epogo";

/// The variable that tells a hook or command what it runs as.
const PHASE_VARIABLE: &str = "POGO_PHASE";

/// One step as a line for the target's login shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Script {
    /// The line.
    pub(crate) text: String,
    /// What it runs once it has a process group: shell text that finds `group` in `$2`.
    pub(crate) body: String,
    /// What its marks on standard error start with.
    pub(crate) mark: String,
}

impl Script {
    /// Wraps the body: environment, process group, and a mark that says where to find them.
    pub(super) fn new(attempt: &Attempt, phase: Phase, body: &str, (way, files): (&Way, Option<&str>)) -> Self {
        let environment = export(attempt, phase, files);
        let begun = print_mark(attempt.id, "begun %s %s", r#""${3:-$$}" "$2""#);
        let enter = match phase {
            Phase::Command => enter(attempt),
            _ => String::new(),
        };
        let inner = format!("{environment}\n{enter}{begun}\n{body}");
        let on_terminal = phase == Phase::Command && attempt.invocation.pty;
        let lead = if on_terminal { KNOW_THE_GROUP } else { LEAD_A_GROUP };
        Self {
            text: way.line(lead, &[&inner]),
            body: inner,
            mark: mark_of(attempt.id),
        }
    }
}

/// Shell text that sets the environment of hooks and command.
pub(super) fn export(attempt: &Attempt, phase: Phase, files: Option<&str>) -> String {
    let own = &attempt.invocation.environment;
    let own = own.iter().map(|(name, value)| (name.as_str(), quote(value)));
    let ours = [
        ("POGO_JOB", quote(&attempt.job.to_string())),
        ("POGO_HOST", quote(attempt.host.name.as_str())),
        ("POGO_ATTEMPT", quote(&attempt.id.to_string())),
        (PHASE_VARIABLE, phase_name(phase).to_owned()),
    ];
    let files = files.map(|directory| ("POGO_FILES", quote(directory)));
    let assignments: String = own
        .chain(ours)
        .chain(files)
        .map(|(name, value)| format!(" {name}={value}"))
        .collect();
    format!("export{assignments}")
}

/// The words that scripts and programs on the target see.
pub(crate) fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Connect => "connect",
        Phase::PreHook => "pre_hook",
        Phase::Command => "command",
        Phase::PostHook => "post_hook",
        Phase::Settle => "settle",
    }
}

/// The attempt's command as shell text that replaces the shell.
pub(super) fn command(attempt: &Attempt) -> String {
    match attempt.command.as_ref() {
        // The user's own shell reads the line, as with any SSH client. Without SHLVL, bash would read its start-up
        // file a second time.
        Command::Shell(line) if attempt.invocation.run_as.is_none() => {
            format!("SHLVL=1; export SHLVL\nexec \"${{SHELL:-/bin/sh}}\" -c {}", quote(line))
        }
        // Users to run as often have no shell to log in with.
        Command::Shell(line) => format!("exec /bin/sh -c {}", quote(line)),
        Command::Argv(words) => format!("exec {}", quote_all(words.iter().map(String::as_str))),
    }
}

/// Shell text that enters the command's directory, or ends the shell with a mark.
fn enter(attempt: &Attempt) -> String {
    let Some(directory) = &attempt.invocation.directory else {
        return String::new();
    };
    let directory = quote(directory);
    let refused = print_mark(attempt.id, "refused %s", r#""it cannot enter the directory $pogo_d""#);
    format!("pogo_d={directory}\nCDPATH= cd -- \"$pogo_d\" >/dev/null || {{ {refused}; exit 126; }}\nunset pogo_d\n")
}

/// Whether a line that a host was asked to run is the command of an attempt: not a hook, nor the ending of one.
#[cfg(any(test, feature = "loopback"))]
pub(crate) fn is_command(line: &str) -> bool {
    line.contains(&format!("{PHASE_VARIABLE}={}", phase_name(Phase::Command)))
}

/// What the marks of an attempt start with.
pub(crate) fn mark_of(attempt: AttemptId) -> String {
    format!("{MARK} {attempt} ")
}

/// Shell text that writes a mark: a line on standard error that the transport takes out again.
pub(super) fn print_mark(attempt: AttemptId, format: &str, words: &str) -> String {
    format!(r"printf '\036pogo {attempt} {format}\n' {words} >&2")
}
