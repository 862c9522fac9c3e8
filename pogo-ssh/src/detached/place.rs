//! Where a host keeps a detached attempt, and the lines that it is asked to run.

use std::time::Duration;

use pogo_core::dispatcher::Attempt;
use pogo_core::plan::Invocation;
use pogo_core::scheduler::{AttemptId, Phase};

use super::frames::first_line;
use super::scripts::{FIND, FOLLOW, PRELUDE, launch, stop};
use crate::exec::{EmptyCommand, Step, Way, phase_name};

/// Where a host keeps a detached attempt.
#[derive(Debug, Clone)]
pub(super) struct Place {
    directory: String,
    token: String,
    attempt: AttemptId,
    /// Pairs of phase and shell text.
    steps: Vec<(Phase, String)>,
    output_limit: u64,
}

impl Place {
    /// The place of the attempt of a job of this name.
    pub(super) fn of(attempt: &Attempt, job: &str, directory: &str, output_limit: u64) -> Result<Self, EmptyCommand> {
        let steps = Step::of(attempt, None)?;
        Ok(Self {
            directory: directory.to_owned(),
            token: format!("{job}.{}", attempt.id),
            attempt: attempt.id,
            steps: steps.into_iter().map(|step| (step.phase, step.script.body)).collect(),
            output_limit,
        })
    }

    /// The phases that it goes through.
    pub(super) fn phases(&self) -> Vec<Phase> {
        self.steps.iter().map(|(phase, _)| *phase).collect()
    }

    /// The line that launches the attempt if that was not done before, and follows it. The host ends it after the time
    /// that is `left`, with the grace, if nobody does so before.
    pub(super) fn launch_line(&self, seen: (u64, u64), (left, grace): (Duration, Duration)) -> String {
        // The shell's numbers have a sign.
        let most = self.output_limit.min(1 << 60).to_string();
        let first = [most, left.as_secs().max(1).to_string(), tenths(grace)];
        let steps = self.steps.iter();
        let steps = steps.flat_map(|(phase, body)| [phase_name(*phase), body.as_str()]);
        let arguments: Vec<&str> = first.iter().map(String::as_str).chain(steps).collect();
        self.line(&format!("{FOLLOW}{}", launch()), seen, &arguments)
    }

    /// The line that follows the attempt, and keeps it from being launched.
    pub(super) fn find_line(&self, seen: (u64, u64)) -> String {
        self.line(&format!("{FOLLOW}{FIND}"), seen, &[])
    }

    /// The line that ends what runs of it: TERM, and KILL after the grace.
    pub(super) fn stop_line(&self, grace: Duration) -> String {
        self.line(&stop(), (0, 0), &[&tenths(grace)])
    }

    fn line(&self, script: &str, (out, err): (u64, u64), arguments: &[&str]) -> String {
        let prelude = PRELUDE.replace("FIRST", &first_line(self.attempt));
        let (out, err) = (out.to_string(), err.to_string());
        let first = [self.directory.as_str(), &self.token, &out, &err];
        Way::Login.line(&format!("{prelude}{script}"), &[&first, arguments].concat())
    }
}

fn tenths(grace: Duration) -> String {
    (grace.as_millis() / 100).to_string()
}

/// What an attempt cannot be, detached.
pub(super) fn unsuitable(invocation: &Invocation) -> Option<&'static str> {
    if invocation.run_as.is_some() {
        return Some(
            "a detached command runs as the user who logs in; name sudo in the command, or do without `run_as`",
        );
    }
    if invocation.pty {
        return Some("a detached command has no terminal; do without `pty`");
    }
    if !invocation.stdin.is_empty() || !invocation.files.is_empty() {
        return Some("a detached command gets no input and no files; put them on the host before");
    }
    None
}
