//! The shell text that runs one step on a host.
//!
//! The login shell of the target only has to understand `exec` and single quotes; all else is for its `/bin/sh`.

use pogo_core::dispatcher::Attempt;
use pogo_core::plan::Command;
use pogo_core::scheduler::{AttemptId, Phase};

use crate::quote::{quote, quote_all};

/// Makes sure that the step has a process group of its own, so that all of it can be ended: OpenSSH starts every
/// command as the leader of one; others may not. `$1` is what to run; it finds `group` or `alone` in `$2`.
const LEAD_A_GROUP: &str = r#"if kill -0 -$$ 2>/dev/null; then set -- "$1" group
elif command -v setsid >/dev/null 2>&1; then exec setsid /bin/sh -c "$1" sh "$1" group
else set -- "$1" alone; fi
eval "$1""#;

/// What starts every mark on standard error.
const MARK: &str = "\x1epogo";

/// The variable that tells a hook or command what it runs as.
const PHASE_VARIABLE: &str = "POGO_PHASE";

/// One step as a line for the target's login shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Script {
    /// The line.
    pub(crate) text: String,
    /// What its marks on standard error start with.
    pub(crate) mark: String,
}

impl Script {
    /// Wraps the body: environment, process group, and a mark that says where to find them.
    pub(super) fn new(attempt: &Attempt, phase: Phase, body: &str) -> Self {
        let environment = [
            ("POGO_JOB", attempt.job.to_string()),
            ("POGO_HOST", attempt.host.name.to_string()),
            ("POGO_ATTEMPT", attempt.id.to_string()),
            (PHASE_VARIABLE, phase_name(phase).to_owned()),
        ];
        let assignments: String = environment
            .iter()
            .map(|(name, value)| format!(" {name}={}", quote(value)))
            .collect();
        let begun = print_mark(attempt.id, "begun %s %s", r#""$$" "$2""#);
        let inner = format!("export{assignments}\n{begun}\n{body}");
        Self {
            text: format!("exec /bin/sh -c {}", quote_all([LEAD_A_GROUP, "sh", &inner])),
            mark: mark_of(attempt.id),
        }
    }
}

/// The words that scripts and programs on the target see.
fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Connect => "connect",
        Phase::PreHook => "pre_hook",
        Phase::Command => "command",
        Phase::PostHook => "post_hook",
        Phase::Settle => "settle",
    }
}

/// The command as shell text that replaces the shell.
pub(super) fn command(command: &Command) -> String {
    match command {
        // The user's own shell reads the line, as with any SSH client. Without SHLVL, bash would read its start-up
        // file a second time.
        Command::Shell(line) => format!("SHLVL=1; export SHLVL\nexec \"${{SHELL:-/bin/sh}}\" -c {}", quote(line)),
        Command::Argv(words) => format!("exec {}", quote_all(words.iter().map(String::as_str))),
    }
}

/// Whether a line that a host was asked to run is the command of an attempt: not a hook, nor the ending of one.
#[cfg(any(test, feature = "loopback"))]
pub(crate) fn is_command(line: &str) -> bool {
    let assignment = format!("{PHASE_VARIABLE}={}", quote(phase_name(Phase::Command)));
    line.contains(assignment.replace('\'', r"'\''").as_str())
}

/// What the marks of an attempt start with.
fn mark_of(attempt: AttemptId) -> String {
    format!("{MARK} {attempt} ")
}

/// Shell text that writes a mark: a line on standard error that the transport takes out again.
pub(super) fn print_mark(attempt: AttemptId, format: &str, words: &str) -> String {
    format!(r"printf '\036pogo {attempt} {format}\n' {words} >&2")
}
