//! Following a detached attempt over one connection: launching or finding it, its output, its end.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use russh::client::Msg;
use russh::{Channel, ChannelMsg};
use tokio::time::{Instant, sleep_until, timeout};

use super::commands::DetachedCommands;
use super::frames::FrameParser;
use super::watch::AttemptWatch;
use crate::context::TransportContext;
use crate::exec::{CommandLine, ExitReport, KillOutcome, Marker, Privilege, StopReason, ask_first, ask_to_end, open};
use crate::link::Link;
use crate::prepared::PreparedAttempt;

/// What the host is told when the end is known here.
const DONE: &[u8] = b"done\n";

/// How long the host may take to forget the output.
const DISCARDING: Duration = Duration::from_secs(2);

/// Why following the attempt over one connection ended.
pub(super) enum FollowEnd {
    /// With the attempt.
    Over(ExitReport),
    /// Before it: the link is lost.
    LinkLost(String),
}

/// An attempt to be ended by us.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ending {
    reason: StopReason,
    grace: Duration,
    give_up: Instant,
    /// What became of it.
    killed: Option<KillOutcome>,
}

/// One detached attempt, seen from here.
pub(super) struct Detached<'a> {
    pub(super) context: &'a TransportContext,
    pub(super) prepared: &'a PreparedAttempt,
    pub(super) commands: DetachedCommands,
    pub(super) watch: AttemptWatch,
    /// Whether the host may have been asked to launch it.
    pub(super) host_was_asked: bool,
    /// How the session ended by which the host was asked last.
    pub(super) status: Option<u32>,
    pub(super) ending: Option<Ending>,
}

impl<'a> Detached<'a> {
    pub(super) fn begin_ending(&mut self, reason: StopReason) {
        // A channel that nobody reads stalls the whole connection, and ending needs it.
        self.watch.output().hurry();
        let (grace, give_up) = self.prepared.stop.schedule(reason);
        self.ending = Some(Ending {
            reason,
            grace,
            give_up,
            killed: None,
        });
    }

    /// Launches or finds the attempt on this connection, and follows it.
    pub(super) async fn follow(&mut self, link: &Link) -> FollowEnd {
        let asked_before = self.host_was_asked;
        self.status = None;
        let mut channel = match self.ask(link).await {
            Ok(channel) => channel,
            Err(end) => return end,
        };
        self.retry_unanswered_kill();
        let mut frames = FrameParser::new(self.prepared.attempt.id);
        let mut killing: Option<BoxFuture<'_, KillOutcome>> = None;
        let mut over = None;
        let prepared = self.prepared;
        loop {
            if killing.is_none() {
                killing = self.stop_on_host(link);
            }
            // Its end is known when that of our ending it is.
            if let Some(ended) = over.take_if(|_| killing.is_none()) {
                // The host keeps the output until then.
                self.watch.output().finish(prepared.stop.wait()).await;
                discard_output(&mut channel).await;
                return FollowEnd::Over(self.judge(ended));
            }
            let behind = self.watch.output().is_behind();
            let message = tokio::select! {
                biased;
                reason = given_up(self.ending) => return FollowEnd::Over(ExitReport::NotStopped(reason)),
                reason = prepared.stop.wait(), if self.ending.is_none() => {
                    self.begin_ending(reason);
                    continue;
                }
                killed = ended(&mut killing) => {
                    killing = None;
                    if let Some(ending) = &mut self.ending {
                        ending.killed = Some(killed);
                    }
                    continue;
                }
                () = self.watch.output().flush(), if behind => continue,
                message = channel.wait(), if over.is_none() && !behind => message,
            };
            match self.take(message, &mut frames) {
                Ok(ended) => over = ended,
                Err(reason) => {
                    let lost = || FollowEnd::LinkLost(link.disconnect_reason_or(&reason));
                    return self
                        .never_began(&mut frames, asked_before)
                        .map_or_else(lost, FollowEnd::Over);
                }
            }
        }
    }

    /// What the host could not be asked over the last link it is asked over this one.
    fn retry_unanswered_kill(&mut self) {
        if let Some(ending) = &mut self.ending {
            ending.killed = ending.killed.filter(|killed| *killed != KillOutcome::Unknown);
        }
    }

    /// Asks the host to end the attempt, if it is to be ended and the host was not asked on this connection.
    fn stop_on_host<'b>(&self, link: &'b Link) -> Option<BoxFuture<'b, KillOutcome>>
    where
        'a: 'b,
    {
        let Some(Ending {
            grace, killed: None, ..
        }) = self.ending
        else {
            return None;
        };
        let exec = self.context.exec_context(link, self.prepared);
        let line = self.commands.stop_line(grace);
        let mark = Marker::of(self.prepared.attempt.id).prefix();
        Some(async move { ask_to_end(exec, (&Privilege::Login, &mark), line).await }.boxed())
    }

    /// Asks the host to launch the attempt, or to find it when it is to be ended or was launched long ago.
    async fn ask(&mut self, link: &Link) -> Result<Channel<Msg>, FollowEnd> {
        let channel = match open(link).await {
            Ok(channel) => channel,
            Err(russh::Error::ChannelOpenFailure(reason)) if !self.host_was_asked => {
                let refusal = format!("the host opens no session: {reason:?}");
                return Err(FollowEnd::Over(ExitReport::refused(refusal)));
            }
            Err(error) => return Err(FollowEnd::LinkLost(link.disconnect_reason_or(&error.to_string()))),
        };
        let line = if self.ending.is_some() || self.prepared.attempt.resumed || !self.may_launch().await? {
            // Finding, not launching: a host that lost its record must not run the attempt a second time.
            self.commands.find_line(self.watch.seen)
        } else {
            self.commands
                .launch_line(self.watch.seen, self.prepared.stop.by_the_host())
        };
        self.host_was_asked = true;
        match ask_for(&channel, line).await {
            Ok(()) => Ok(channel),
            Err(error) => Err(FollowEnd::LinkLost(link.disconnect_reason_or(&error.to_string()))),
        }
    }

    /// Whether the attempt may be launched, anew for each time that the host is asked for that. One that may have been launched before is
    /// found instead.
    async fn may_launch(&self) -> Result<bool, FollowEnd> {
        match ask_first(&self.prepared.report, &self.prepared.stop).await {
            Ok(()) => Ok(true),
            Err(_) if self.host_was_asked => Ok(false),
            Err(reason) => Err(FollowEnd::Over(reason.into())),
        }
    }

    /// Takes what the host says. Gives the end, or why there is no more to come.
    fn take(&mut self, message: Option<ChannelMsg>, frames: &mut FrameParser) -> Result<Option<ExitReport>, String> {
        let data = match message {
            Some(ChannelMsg::Data { data }) => data,
            Some(ChannelMsg::Close) | None => return Err("the host closed the session".to_owned()),
            Some(ChannelMsg::Failure) => return Ok(Some(ExitReport::refused("the host runs no commands".to_owned()))),
            Some(ChannelMsg::ExtendedData { data, .. }) => {
                frames.hear(&data);
                return Ok(None);
            }
            Some(ChannelMsg::ExitStatus { exit_status }) => {
                self.status = Some(exit_status);
                return Ok(None);
            }
            Some(_) => return Ok(None),
        };
        let stop = self.ending.map(|ending| ending.reason);
        match frames.take(&data) {
            Ok(frames) => Ok(frames
                .into_iter()
                .filter_map(|frame| self.watch.take(frame, stop))
                .last()),
            Err(nonsense) => Ok(Some(ExitReport::Unknown(nonsense.to_string()))),
        }
    }

    /// The end of an attempt on a host that ended the session without any account of it: an answer, and no lost link. Only
    /// if the host was never asked before can nothing have been launched.
    fn never_began(&mut self, frames: &mut FrameParser, asked_before: bool) -> Option<ExitReport> {
        let reason = frames.never_began(self.status.take()?)?;
        let may_run = asked_before || self.prepared.attempt.resumed;
        Some(if may_run {
            ExitReport::Unknown(reason)
        } else {
            ExitReport::refused(reason)
        })
    }

    /// Whether we ended it, or it ended by itself.
    fn judge(&self, ended: ExitReport) -> ExitReport {
        match (self.ending, &ended) {
            (
                Some(Ending {
                    reason,
                    killed: Some(KillOutcome::Done),
                    ..
                }),
                ExitReport::Exited { .. } | ExitReport::Killed { .. },
            ) => ExitReport::Stopped(reason),
            _ => ended,
        }
    }
}

async fn ask_for(channel: &Channel<Msg>, line: CommandLine) -> Result<(), russh::Error> {
    channel.exec(true, line.text).await?;
    match line.input {
        Some(input) => channel.data(input.as_bytes()).await,
        None => Ok(()),
    }
}

/// Lets the host remove the output. It keeps that the attempt has ended, so that a late launch does not run it again.
async fn discard_output(channel: &mut Channel<Msg>) {
    let discarding = async {
        if channel.data(DONE).await.is_ok() {
            while !matches!(channel.wait().await, Some(ChannelMsg::Close) | None) {}
        }
    };
    let _ = timeout(DISCARDING, discarding).await;
}

/// Waits until nobody waits for the attempt's end any more. Gives why it was to be ended.
pub(super) async fn given_up(ending: Option<Ending>) -> StopReason {
    match ending {
        Some(ending) => {
            sleep_until(ending.give_up).await;
            ending.reason
        }
        None => std::future::pending().await,
    }
}

async fn ended(killing: &mut Option<BoxFuture<'_, KillOutcome>>) -> KillOutcome {
    match killing {
        Some(killing) => killing.await,
        None => std::future::pending().await,
    }
}
