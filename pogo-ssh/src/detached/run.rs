//! Running an attempt detached: connecting, following it, and connecting again.

use std::ops::ControlFlow;

use pogo_core::scheduler::{FailureKind, NeverBegan, Outcome};
use tokio::time::sleep;

use super::commands::{DetachedCommands, unsuitable};
use super::follow::{Detached, FollowEnd, given_up};
use super::watch::AttemptWatch;
use crate::classify::classify;
use crate::context::TransportContext;
use crate::exec::{ExitReport, NotStarted};
use crate::link::{ConnectError, Link, pause_after};
use crate::prepared::PreparedAttempt;

/// Runs the attempt of a job of this name detached. A link that breaks is made again, as long as the attempt may take.
pub(crate) async fn run(context: &TransportContext, prepared: &PreparedAttempt, job: &str) -> Outcome {
    let attempt = &prepared.attempt;
    if let Some(reason) = unsuitable(&attempt.exec_options) {
        return Outcome::failed(FailureKind::Refused, reason);
    }
    let limit = context.config.output_limit;
    let kept = (context.config.detached_directory.as_str(), limit);
    let commands = match DetachedCommands::of(attempt, job, kept, &context.config.gate) {
        Ok(commands) => commands,
        Err(error) => return Outcome::failed(FailureKind::Refused, error.to_string()),
    };
    let link = match context.connect(prepared).await {
        Ok(link) => link,
        Err(outcome) => return outcome,
    };
    let mut detached = Detached {
        context,
        prepared,
        watch: AttemptWatch::new(prepared, &commands, limit),
        commands,
        host_was_asked: false,
        go_was_sent: false,
        went_unlocked: false,
        launches_no_more: None,
        status: None,
        ending: None,
    };
    let report = detached.run(link).await;
    let report = detached.known_not_to_have_begun(report);
    detached.watch.output().finish(prepared.stop.wait()).await;
    match classify(detached.watch.phase, report) {
        ControlFlow::Continue(()) => Outcome::Succeeded,
        ControlFlow::Break(outcome) => outcome,
    }
}

impl Detached<'_> {
    async fn run(&mut self, mut link: Link) -> ExitReport {
        let mut tries = 0;
        loop {
            let before = self.watch.seen;
            let end = loop {
                if let Some(end) = self.follow(&link).await {
                    break end;
                }
            };
            link.close().await;
            let reason = match end {
                FollowEnd::Over(ended) => return ended,
                FollowEnd::LinkLost(reason) if !self.host_was_asked => {
                    return NotStarted::ConnectionLost(reason).into();
                }
                FollowEnd::LinkLost(reason) => reason,
            };
            self.watch
                .note(&format!("[the link was lost, connecting again: {reason}]"));
            // A link that brought something was not in vain.
            tries = if self.watch.seen == before { tries + 1 } else { 0 };
            link = match self.reconnect(&mut tries).await {
                Ok(link) => link,
                Err(ended) => return ended,
            };
        }
    }

    /// Connects again, until the attempt's time is up.
    async fn reconnect(&mut self, tries: &mut u32) -> Result<Link, ExitReport> {
        loop {
            let connector = &self.context.connector;
            let connecting = async {
                sleep(pause_after(*tries)).await;
                connector.connect(&self.prepared.target).await
            };
            let connected = tokio::select! {
                biased;
                reason = given_up(self.ending) => return Err(ExitReport::NotStopped(reason)),
                reason = self.prepared.stop.wait(), if self.ending.is_none() => {
                    if !self.may_have_begun() {
                        return Err(NotStarted::Stopped(reason).into());
                    }
                    self.begin_ending(reason);
                    // A pause that has grown with many failures would use up the time that the ending has.
                    *tries = 0;
                    continue;
                }
                connected = connecting => connected,
            };
            match connected {
                Ok(link) => return Ok(link),
                Err(ConnectError {
                    kind: FailureKind::Unreachable,
                    ..
                }) => *tries += 1,
                // A refused key or login does not pass by itself.
                Err(ConnectError { message, .. }) => return Err(ExitReport::Unknown(message)),
            }
        }
    }

    /// Without the word to go nothing has begun, whatever happened to the links.
    fn known_not_to_have_begun(&self, report: ExitReport) -> ExitReport {
        match report {
            ExitReport::Unknown(reason) if !self.may_have_begun() => (NeverBegan::NotSent, reason).into(),
            ExitReport::NotStopped(reason) if !self.may_have_begun() => NotStarted::Stopped(reason).into(),
            report => report,
        }
    }
}
