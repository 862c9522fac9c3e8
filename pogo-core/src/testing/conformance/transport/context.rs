//! What a case works with: a fixture, and attempts at its hosts.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_timer::Delay;

use super::super::case::{EarlyEnd, fail, hold, skip, within};
use super::TransportFixture;
use crate::dispatcher::{Attempt, Stream};
use crate::fleet::Host;
use crate::plan::{ExecOptions, RemoteCommand};
use crate::scheduler::{AttemptId, JobId, Outcome};
use crate::testing::{AttemptWatch, SeenAttempt, TestAttempt};

/// What a case works with; attempts of different cases differ in their numbers.
pub(super) struct CaseContext {
    pub(super) fixture: TransportFixture,
    job: JobId,
    issued: Mutex<u64>,
}

impl CaseContext {
    pub(super) fn new(fixture: TransportFixture, number: u32) -> Self {
        Self {
            fixture,
            job: JobId::new(u64::from(number)),
            // Cases may share a host, whose records would take an equal number for the same
            // attempt.
            issued: Mutex::new(u64::from(number) * 1_000),
        }
    }

    /// An attempt at the fixture's host that nobody has seen before.
    pub(super) fn attempt(&self, command: RemoteCommand) -> Attempt {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        *issued += 1;
        let id = AttemptId::new(*issued);
        Attempt::new(
            self.job,
            id,
            self.fixture.host.clone(),
            command,
            Duration::from_secs(60),
        )
    }

    /// An attempt and its future; it runs when it is awaited.
    pub(super) fn begin(&self, attempt: Attempt) -> (impl Future<Output = Outcome> + Send + use<'_>, AttemptWatch) {
        let (attempt, report, watch) = TestAttempt(attempt).start();
        (self.fixture.transport.run(attempt, report), watch)
    }

    /// Runs an attempt to its end.
    pub(super) async fn run(&self, attempt: Attempt) -> Result<SeenAttempt, EarlyEnd> {
        let (limit, patience) = (attempt.time_limit, self.fixture.patience);
        let (running, watch) = self.begin(attempt);
        match within(limit + patience, running).await {
            Some(outcome) => Ok(watch.end(outcome).await),
            None => fail(format_args!(
                "an attempt with a time limit of {limit:?} still runs {patience:?} after that"
            )),
        }
    }

    /// Runs a line in the host's shell.
    pub(super) async fn sh(&self, line: &str) -> Result<SeenAttempt, EarlyEnd> {
        self.needs_shell()?;
        self.run(self.attempt(RemoteCommand::shell(line))).await
    }

    /// What a line in the host's shell prints; the line must succeed.
    pub(super) async fn ask(&self, line: &str) -> Result<String, EarlyEnd> {
        self.needs_output()?;
        let mut seen = self.sh(line).await?;
        let mut waited = Duration::ZERO;
        // What was ended just before may hold the host's lock for a moment.
        while matches!(seen.outcome, Outcome::NeverBegan { .. }) && waited < self.fixture.patience {
            let pause = Duration::from_millis(200);
            Delay::new(pause).await;
            waited += pause;
            seen = self.sh(line).await?;
        }
        hold(
            seen.outcome == Outcome::Succeeded,
            format_args!("`{line}` should have succeeded: {seen:?}"),
        )?;
        Ok(String::from_utf8_lossy(&seen.stdout).trim().to_owned())
    }

    /// A new directory on the host.
    pub(super) async fn directory(&self) -> Result<String, EarlyEnd> {
        let directory = self.ask("mktemp -d").await?;
        hold(
            directory.starts_with('/'),
            format_args!("`mktemp -d` printed `{directory}`"),
        )?;
        Ok(directory)
    }

    /// Removes what [`directory`](Self::directory) made.
    pub(super) async fn remove(&self, directory: &str) -> Result<(), EarlyEnd> {
        self.ask(&format!("rm -r {directory}")).await.map(drop)
    }

    /// Waits until this process of the host is gone.
    pub(super) async fn is_gone(&self, process: &str) -> Result<bool, EarlyEnd> {
        // One that has ended and was not collected still answers to signals.
        let state = format!(
            "if kill -0 {process} 2>/dev/null && ! grep -q ') Z' /proc/{process}/stat 2>/dev/null; then echo here; \
             else echo gone; fi"
        );
        let mut waited = Duration::ZERO;
        while self.ask(&state).await? != "gone" {
            if waited > self.fixture.patience {
                return Ok(false);
            }
            let pause = Duration::from_millis(200);
            Delay::new(pause).await;
            waited += pause;
        }
        Ok(true)
    }

    pub(super) fn needs_shell(&self) -> Result<(), EarlyEnd> {
        if self.fixture.shell {
            Ok(())
        } else {
            skip("commands do not run in a shell")
        }
    }

    pub(super) fn needs_output(&self) -> Result<(), EarlyEnd> {
        if self.fixture.transport.capabilities().output {
            Ok(())
        } else {
            skip("it streams no output")
        }
    }

    pub(super) fn second_host(&self) -> Result<Host, EarlyEnd> {
        let second = self.fixture.second.clone();
        second.map_or_else(|| skip("the fixture has no second host"), Ok)
    }

    pub(super) fn succeeding(&self) -> Result<RemoteCommand, EarlyEnd> {
        let command = self.fixture.succeeding.clone();
        command.map_or_else(|| skip("the fixture has no command that succeeds"), Ok)
    }

    pub(super) fn failing(&self) -> Result<(RemoteCommand, u32), EarlyEnd> {
        let command = self.fixture.failing.clone();
        command.map_or_else(|| skip("the fixture has no command that fails"), Ok)
    }

    pub(super) fn lasting(&self) -> Result<RemoteCommand, EarlyEnd> {
        let command = self.fixture.lasting.clone();
        command.map_or_else(|| skip("the fixture has no command that lasts"), Ok)
    }

    /// An attempt to run a line in the host's shell in this way.
    pub(super) fn exec_options(&self, line: &str, exec_options: ExecOptions) -> Attempt {
        let mut attempt = self.attempt(RemoteCommand::shell(line));
        attempt.exec_options = Arc::new(exec_options);
        attempt
    }
}

/// Waits until standard output has a whole line, and returns it.
pub(super) async fn first_line(watch: &AttemptWatch) -> String {
    loop {
        let stdout = watch.output(Stream::Stdout);
        if let Some(line) = stdout.split_inclusive(|&byte| byte == b'\n').next()
            && line.ends_with(b"\n")
        {
            return String::from_utf8_lossy(line).trim().to_owned();
        }
        Delay::new(Duration::from_millis(10)).await;
    }
}
