//! Following a detached attempt over one connection: launching or finding it, its output, its end.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::time::{Instant, sleep_until, timeout};

use super::commands::DetachedCommands;
use super::frames::FrameParser;
use super::launch_gate::LaunchGate;
use super::watch::AttemptWatch;
use crate::context::TransportContext;
use crate::exec::{ExitReport, InputFeed, KillOutcome, Marker, NotStarted, Privilege, StopReason, ask_to_end, open};
use crate::link::Link;
use crate::prepared::PreparedAttempt;

/// What is sent to the host when the end is known here.
const DONE: &str = "done\n";

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
    pub(super) reason: StopReason,
    grace: Duration,
    give_up: Instant,
    /// Its end.
    killed: Option<KillOutcome>,
}

impl Ending {
    fn killed_with(self, outcome: KillOutcome) -> Self {
        Self {
            killed: Some(outcome),
            ..self
        }
    }
}

/// One session in which the host was asked.
struct HostSession {
    read: ChannelReadHalf,
    write: Arc<ChannelWriteHalf<Msg>>,
    feed: InputFeed,
    gate: LaunchGate,
}

/// One detached attempt, seen from here.
pub(super) struct Detached<'a> {
    pub(super) context: &'a TransportContext,
    pub(super) prepared: &'a PreparedAttempt,
    pub(super) commands: DetachedCommands,
    pub(super) watch: AttemptWatch,
    /// Whether the host may have been asked to launch it.
    pub(super) host_was_asked: bool,
    /// Whether the word to go was sent, over any link.
    pub(super) go_was_sent: bool,
    /// Whether it was sent where the host's lock was not held.
    pub(super) went_unlocked: bool,
    /// Why the host is not asked to launch it again.
    pub(super) launches_no_more: Option<ExitReport>,
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

    /// Whether it may have begun.
    pub(super) fn may_have_begun(&self) -> bool {
        self.go_was_sent || self.prepared.attempt.resumed || self.watch.is_known_to_host()
    }

    /// Launches or finds the attempt on this connection, and follows it. `None`: the host is to be asked again.
    pub(super) async fn follow(&mut self, link: &Link) -> Option<FollowEnd> {
        self.status = None;
        let HostSession {
            mut read,
            write,
            mut feed,
            mut gate,
        } = match self.ask(link).await {
            Ok(asked) => asked,
            Err(end) => return Some(end),
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
                return Some(FollowEnd::Over(self.conclude(link, ended, (read, feed)).await));
            }
            let behind = self.watch.output().is_behind();
            let message = tokio::select! {
                biased;
                reason = given_up(self.ending) => return Some(FollowEnd::Over(ExitReport::NotStopped(reason))),
                // Before the answer: a stop that comes together with the permission keeps the gate shut.
                reason = prepared.stop.wait(), if self.ending.is_none() => {
                    if gate.is_shut() {
                        return self.stop_at_gate(&write, reason).await;
                    }
                    self.begin_ending(reason);
                    continue;
                }
                answer = gate.permission.answered() => match answer {
                    Ok(()) => {
                        self.send_go(&mut gate, &mut feed);
                        continue;
                    }
                    Err(reason) => return self.keep_shut(&write, gate.follows_another(), reason.into()).await,
                },
                killed = ended(&mut killing) => {
                    killing = None;
                    self.ending = self.ending.map(|ending| ending.killed_with(killed));
                    continue;
                }
                () = feed.write_pending() => continue,
                () = self.watch.output().flush(), if behind => continue,
                // What an observer has no room for yet stays in the host's files.
                message = read.wait(), if over.is_none() && !behind => message,
            };
            match self.take(message, &mut frames, &mut gate) {
                Ok(ended) => over = ended,
                Err(reason) => {
                    let lost = || FollowEnd::LinkLost(link.disconnect_reason_or(&reason));
                    return Some(self.never_began(&mut frames).map_or_else(lost, FollowEnd::Over));
                }
            }
            if let Some(refusal) = gate.take_refusal() {
                return self.keep_shut(&write, gate.follows_another(), refusal).await;
            }
        }
    }

    /// Lets the attempt begin that waits on the host.
    fn send_go(&mut self, gate: &mut LaunchGate, feed: &mut InputFeed) {
        // Noted before it is written: once it is queued, nobody knows whether the host has read it.
        self.go_was_sent = true;
        self.went_unlocked |= gate.is_unlocked();
        gate.open();
        feed.go();
    }

    /// How an attempt ended of which the host has said everything.
    async fn conclude(
        &mut self,
        link: &Link,
        ended: ExitReport,
        (mut read, feed): (ChannelReadHalf, InputFeed),
    ) -> ExitReport {
        // The host keeps the output until then.
        self.watch.output().finish(self.prepared.stop.wait()).await;
        discard_output(&mut read, feed).await;
        match self.watch.is_unfound() {
            true => self.learn(link).await,
            false => self.judge(ended),
        }
    }

    /// Lets nothing begin by this launch. The host is asked for the state of an earlier one.
    async fn keep_shut(
        &mut self,
        write: &ChannelWriteHalf<Msg>,
        follows_another: bool,
        why: ExitReport,
    ) -> Option<FollowEnd> {
        // If this is lost, the link is, and with it the gate's input ends just as well.
        let _ = write.eof().await;
        if follows_another {
            self.launches_no_more = Some(why);
            return None;
        }
        Some(FollowEnd::Over(why))
    }

    /// Lets nothing begin by this launch of an attempt that is to be ended, and ends what an earlier launch may have
    /// begun.
    async fn stop_at_gate(&mut self, write: &ChannelWriteHalf<Msg>, reason: StopReason) -> Option<FollowEnd> {
        let _ = write.eof().await;
        if self.may_have_begun() {
            self.begin_ending(reason);
            return None;
        }
        Some(FollowEnd::Over(NotStarted::Stopped(reason).into()))
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
    async fn ask(&mut self, link: &Link) -> Result<HostSession, FollowEnd> {
        let channel = match open(link).await {
            Ok(channel) => channel,
            // Once the host was asked, the attempt may run there: then a refusal is no end, and it is asked again.
            Err(russh::Error::ChannelOpenFailure(reason)) if !self.host_was_asked => {
                let refusal = format!("the host opens no session: {reason:?}");
                return Err(FollowEnd::Over(ExitReport::refused(refusal)));
            }
            Err(error) => return Err(FollowEnd::LinkLost(link.disconnect_reason_or(&error.to_string()))),
        };
        let launches = self.ending.is_none() && !self.prepared.attempt.resumed && self.launches_no_more.is_none();
        let line = if launches {
            self.commands
                .launch_line(self.watch.seen, self.prepared.stop.by_the_host())
        } else {
            // Finding, not launching: a host that lost its record must not run the attempt a second time.
            self.commands.find_line(self.watch.seen)
        };
        // Before the request is sent: a link that breaks from here on may have carried it.
        self.host_was_asked = true;
        let (read, write) = channel.split();
        match write.exec(true, line.text).await {
            Ok(()) => {
                let write = Arc::new(write);
                let mut feed = InputFeed::new(Arc::clone(&write), false);
                // Written beside the reading: a server gives no window before it runs the line, and a link that
                // breaks before never gives one.
                feed.first(line.input);
                let gate = LaunchGate::new(launches, self.go_was_sent);
                Ok(HostSession {
                    read,
                    write,
                    feed,
                    gate,
                })
            }
            Err(error) => Err(FollowEnd::LinkLost(link.disconnect_reason_or(&error.to_string()))),
        }
    }

    /// Takes what the host says. Gives the end, or why there is no more to come.
    fn take(
        &mut self,
        message: Option<ChannelMsg>,
        frames: &mut FrameParser,
        gate: &mut LaunchGate,
    ) -> Result<Option<ExitReport>, String> {
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
                .filter_map(|frame| gate.take(frame, &self.prepared.report))
                .filter_map(|frame| self.watch.take(frame, stop))
                .last()),
            Err(nonsense) if self.may_have_begun() => Ok(Some(ExitReport::Unknown(nonsense.to_string()))),
            Err(nonsense) => Ok(Some(ExitReport::refused(nonsense.to_string()))),
        }
    }

    /// The end of an attempt on a host that ended the session without any account of it: an answer, and no lost link.
    fn never_began(&mut self, frames: &mut FrameParser) -> Option<ExitReport> {
        let reason = frames.never_began(self.status.take()?)?;
        Some(if self.may_have_begun() {
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

/// Lets the host remove the output. It keeps that the attempt has ended, so that a late launch does not run it again.
async fn discard_output(read: &mut ChannelReadHalf, mut feed: InputFeed) {
    feed.first(Some(DONE.to_owned()));
    let closed = async { while !matches!(read.wait().await, Some(ChannelMsg::Close) | None) {} };
    let discarding = async {
        tokio::select! {
            () = feed.write_pending() => {}
            () = closed => {}
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
