//! The command lines that launch, find and stop a detached attempt.

use std::time::Duration;

use pogo_core::dispatcher::Attempt;
use pogo_core::plan::ExecOptions;
use pogo_core::scheduler::{AttemptId, Phase};

use super::frames::first_line;
use super::scripts::{PRELUDE, find, launch, stop};
use crate::config::GateOptions;
use crate::exec::{CommandLine, ConstantText, InvalidAttempt, Marker, Script, Scripts, check_attempt};
use crate::host_lock::{LockKey, restore_suffix};

/// The command lines of one detached attempt, and where its host keeps what it knows of it.
#[derive(Debug, Clone)]
pub(super) struct DetachedCommands {
    directory: String,
    token: String,
    attempt: AttemptId,
    scripts: Scripts,
    output_limit: u64,
    gate: GateOptions,
    /// The words of the host's record.
    key: String,
}

/// The steps that there may be, in their order.
pub(super) const PHASES: [Phase; 3] = [Phase::PreHook, Phase::Command, Phase::PostHook];

impl DetachedCommands {
    /// For the attempt of a job of this name.
    pub(super) fn of(
        attempt: &Attempt,
        job: &str,
        (directory, output_limit): (&str, u64),
        gate: &GateOptions,
    ) -> Result<Self, InvalidAttempt> {
        check_attempt(attempt)?;
        Ok(Self {
            gate: gate.clone(),
            key: LockKey::of(attempt, Phase::Connect).words(),
            directory: directory.to_owned(),
            // The same for whoever takes over: the directory is found by it. A restore gives out
            // the same numbers once more.
            token: format!("{job}.{}{}", attempt.id, restore_suffix(attempt)),
            attempt: attempt.id,
            scripts: Scripts::of(attempt, None, Marker::with_word(attempt.id, job)),
            output_limit,
        })
    }

    /// What the marks in its output start with. Whoever takes over its job finds the same.
    pub(super) fn marker(&self) -> &Marker {
        self.scripts.marker()
    }

    /// The phases that it goes through.
    pub(super) fn phases(&self) -> Vec<Phase> {
        PHASES.into_iter().filter(|phase| self.scripts.has(*phase)).collect()
    }

    /// The line that launches the attempt after the word to go, if that was not done before, and follows it. The host
    /// ends it after the time that is `left`, with the grace, if nobody does so before.
    pub(super) fn launch_line(&self, seen: (u64, u64), (left, grace): (Duration, Duration)) -> CommandLine {
        // The shell's numbers are signed.
        let most = self.output_limit.min(1 << 60).to_string();
        let times = [left.as_secs().max(1).to_string(), tenths(grace)];
        let gate = [
            self.gate.directory.clone(),
            self.gate.patience.as_secs().max(1).to_string(),
            self.key.clone(),
        ];
        let first = [most].into_iter().chain(times).chain(gate).collect::<Vec<_>>();
        let bodies = PHASES.map(|phase| self.scripts.step(phase).unwrap_or_default());
        let texts = first.iter().chain(&bodies).chain(&self.scripts.parameters);
        let arguments: Vec<&str> = texts.map(String::as_str).collect();
        self.line(true, launch(), seen, &arguments)
    }

    /// The line that follows the attempt, and keeps it from being launched.
    pub(super) fn find_line(&self, seen: (u64, u64)) -> CommandLine {
        self.line(false, find(), seen, &[])
    }

    /// The line that ends what runs of it: TERM, and KILL after the grace.
    pub(super) fn stop_line(&self, grace: Duration) -> CommandLine {
        self.line(false, stop(), (0, 0), &[&tenths(grace)])
    }

    fn line(
        &self,
        with_command: bool,
        text: &'static ConstantText,
        (out, err): (u64, u64),
        arguments: &[&str],
    ) -> CommandLine {
        let prelude = PRELUDE.replace("FIRST", &first_line(self.attempt));
        let (out, err) = (out.to_string(), err.to_string());
        let first = [self.directory.as_str(), &self.token, &out, &err];
        let script = Script(vec![prelude.into(), text.into()]);
        CommandLine::of_session(with_command, ("", script), &[&first, arguments].concat())
    }
}

fn tenths(grace: Duration) -> String {
    (grace.as_millis() / 100).to_string()
}

/// What an attempt cannot be, detached.
pub(super) fn unsuitable(exec_options: &ExecOptions) -> Option<&'static str> {
    if exec_options.run_as.is_some() {
        return Some(
            "a detached command runs as the user who logs in; name sudo in the command, or do without `run_as`",
        );
    }
    if exec_options.pty {
        return Some("a detached command has no terminal; do without `pty`");
    }
    if !exec_options.stdin.is_empty() || !exec_options.files.is_empty() {
        return Some("a detached command gets no input and no files; put them on the host before");
    }
    None
}
