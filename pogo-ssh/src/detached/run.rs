//! Running an attempt detached: launching it, following it, and finding it again.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use pogo_core::scheduler::{FailureKind, Outcome};
use russh::client::Msg;
use russh::{Channel, ChannelMsg};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::frames::Frames;
use super::place::{Place, unsuitable};
use super::watch::Watch;
use crate::classify::{Verdict, classify};
use crate::exec::{Ended, Kill, Line, Marker, StopReason, Way, ask_to_end, last_words, open};
use crate::link::{Link, Unconnected, pause_after};
use crate::runner::Runner;
use crate::target::Target;
use crate::work::Work;

/// What the host is told when the end is known here.
const DONE: &[u8] = b"done\n";

/// How long the host may take to forget the output.
const FORGETTING: Duration = Duration::from_secs(2);

/// How a connection to the attempt's host ended.
enum Attended {
    /// With the attempt.
    Over(Ended),
    /// Before it.
    Cut(String),
}

/// An attempt to be ended by us.
#[derive(Debug, Clone, Copy)]
struct Ending {
    reason: StopReason,
    grace: Duration,
    give_up: Instant,
    /// What became of it.
    killed: Option<Kill>,
}

/// One detached attempt, seen from here.
struct Detached<'a> {
    runner: &'a Runner,
    work: &'a Work,
    target: &'a Arc<Target>,
    place: Place,
    watch: Watch,
    /// Whether the host may have been asked to launch it.
    asked: bool,
    /// How the session ended by which the host was asked last.
    status: Option<u32>,
    ending: Option<Ending>,
}

impl Runner {
    /// Runs the attempt of a job of this name detached. A link that breaks is made again, as long as the attempt may take.
    pub(crate) async fn run_detached(&self, work: &Work, target: &Arc<Target>, job: &str) -> Outcome {
        if let Some(reason) = unsuitable(&work.attempt.invocation) {
            return Outcome::failed(FailureKind::Refused, reason);
        }
        let limit = self.config.output_limit;
        let place = match Place::of(&work.attempt, job, &self.config.detached_directory, limit) {
            Ok(place) => place,
            Err(error) => return Outcome::failed(FailureKind::Refused, error.to_string()),
        };
        let link = match self.connect(target, &work.stop).await {
            Ok(link) => link,
            Err(outcome) => return outcome,
        };
        let mut detached = Detached {
            runner: self,
            work,
            target,
            watch: Watch::new(work, &place, limit),
            place,
            asked: false,
            status: None,
            ending: None,
        };
        let ended = detached.run(link).await;
        match classify(detached.watch.phase, ended) {
            Verdict::GoOn => Outcome::Succeeded,
            Verdict::End(outcome) => outcome,
        }
    }
}

impl Detached<'_> {
    async fn run(&mut self, mut link: Link) -> Ended {
        let mut tries = 0;
        loop {
            let before = self.watch.seen;
            let attended = self.attend(&link).await;
            link.close().await;
            let reason = match attended {
                Attended::Over(ended) => return ended,
                Attended::Cut(reason) if !self.asked => return Ended::CutBefore(reason),
                Attended::Cut(reason) => reason,
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
    async fn reconnect(&mut self, tries: &mut u32) -> Result<Link, Ended> {
        loop {
            let connector = &self.runner.connector;
            let connecting = async {
                sleep(pause_after(*tries)).await;
                connector.connect(self.target).await
            };
            let connected = tokio::select! {
                biased;
                () = given_up(self.ending) => return Err(self.not_stopped()),
                reason = self.work.stop.wait(), if self.ending.is_none() => {
                    self.begin_ending(reason);
                    *tries = 0;
                    continue;
                }
                connected = connecting => connected,
            };
            match connected {
                Ok(link) => return Ok(link),
                Err(Unconnected {
                    kind: FailureKind::Unreachable,
                    ..
                }) => *tries += 1,
                Err(Unconnected { message, .. }) => return Err(Ended::Lost(message)),
            }
        }
    }

    fn begin_ending(&mut self, reason: StopReason) {
        let (grace, give_up) = self.work.stop.schedule(reason);
        self.ending = Some(Ending {
            reason,
            grace,
            give_up,
            killed: None,
        });
    }

    fn not_stopped(&self) -> Ended {
        Ended::NotStopped(self.ending.map_or(StopReason::TimeLimit, |ending| ending.reason))
    }

    /// Launches or finds the attempt on this connection, and follows it.
    async fn attend(&mut self, link: &Link) -> Attended {
        let asked_before = self.asked;
        self.status = None;
        let mut channel = match self.ask(link).await {
            Ok(channel) => channel,
            Err(attended) => return attended,
        };
        // What could not be asked over the last link is asked over this one.
        if let Some(ending) = &mut self.ending {
            ending.killed = ending.killed.filter(|killed| *killed != Kill::Unknown);
        }
        let mut frames = Frames::new(self.work.attempt.id);
        let mut killing: Option<BoxFuture<'_, Kill>> = None;
        let mut over = None;
        let (work, place, target, runner) = (self.work, self.place.clone(), self.target, self.runner);
        loop {
            if let Some(Ending {
                grace, killed: None, ..
            }) = self.ending
                && killing.is_none()
            {
                let site = runner.site(link, work, target);
                let line = place.stop_line(grace);
                killing = Some(
                    async move { ask_to_end(site, (&Way::Login, &Marker::of(work.attempt.id).prefix()), line).await }
                        .boxed(),
                );
            }
            // Its end is known when that of our ending it is.
            if killing.is_none()
                && let Some(ended) = over.take()
            {
                forget(&mut channel).await;
                return Attended::Over(self.judge(ended));
            }
            let message = tokio::select! {
                biased;
                () = given_up(self.ending) => return Attended::Over(self.not_stopped()),
                reason = work.stop.wait(), if self.ending.is_none() => {
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
                message = channel.wait(), if over.is_none() => message,
            };
            match self.take(message, &mut frames) {
                Ok(ended) => over = ended,
                Err(reason) => {
                    return match self.never_began(&mut frames, asked_before) {
                        Some(ended) => Attended::Over(ended),
                        None => Attended::Cut(last_words(link, &reason)),
                    };
                }
            }
        }
    }

    /// Asks the host to launch the attempt, or to find it when it is to be ended or was launched long ago.
    async fn ask(&mut self, link: &Link) -> Result<Channel<Msg>, Attended> {
        let channel = match open(link).await {
            Ok(channel) => channel,
            Err(russh::Error::ChannelOpenFailure(reason)) if !self.asked => {
                let refusal = format!("the host opens no session: {reason:?}");
                return Err(Attended::Over(Ended::Refused(refusal)));
            }
            Err(error) => return Err(Attended::Cut(last_words(link, &error.to_string()))),
        };
        let line = if self.ending.is_some() || self.work.attempt.resumed {
            self.place.find_line(self.watch.seen)
        } else {
            self.place.launch_line(self.watch.seen, self.work.stop.by_the_host())
        };
        self.asked = true;
        match ask_for(&channel, line).await {
            Ok(()) => Ok(channel),
            Err(error) => Err(Attended::Cut(last_words(link, &error.to_string()))),
        }
    }

    /// Takes what the host says. Gives the end, or why there is no more to come.
    fn take(&mut self, message: Option<ChannelMsg>, frames: &mut Frames) -> Result<Option<Ended>, String> {
        let data = match message {
            Some(ChannelMsg::Data { data }) => data,
            Some(ChannelMsg::Close) | None => return Err("the host closed the session".to_owned()),
            Some(ChannelMsg::Failure) => return Ok(Some(Ended::Refused("the host runs no commands".to_owned()))),
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
            Err(nonsense) => Ok(Some(Ended::Lost(nonsense.to_string()))),
        }
    }

    /// The end of an attempt on a host that ended the session without any account of it: an answer, and no lost link. Only
    /// if the host was never asked before can nothing have been launched.
    fn never_began(&mut self, frames: &mut Frames, asked_before: bool) -> Option<Ended> {
        let reason = frames.never_began(self.status.take()?)?;
        let may_run = asked_before || self.work.attempt.resumed;
        Some(if may_run {
            Ended::Lost(reason)
        } else {
            Ended::Refused(reason)
        })
    }

    /// Whether we ended it, or it ended by itself.
    fn judge(&self, ended: Ended) -> Ended {
        match (self.ending, &ended) {
            (
                Some(Ending {
                    reason,
                    killed: Some(Kill::Done),
                    ..
                }),
                Ended::Exited { .. } | Ended::Killed { .. },
            ) => Ended::Stopped(reason),
            _ => ended,
        }
    }
}

async fn ask_for(channel: &Channel<Msg>, line: Line) -> Result<(), russh::Error> {
    channel.exec(true, line.text).await?;
    match line.input {
        Some(input) => channel.data(input.as_bytes()).await,
        None => Ok(()),
    }
}

/// Lets the host remove the output. It keeps that the attempt has ended.
async fn forget(channel: &mut Channel<Msg>) {
    let forgetting = async {
        if channel.data(DONE).await.is_ok() {
            while !matches!(channel.wait().await, Some(ChannelMsg::Close) | None) {}
        }
    };
    let _ = timeout(FORGETTING, forgetting).await;
}

async fn given_up(ending: Option<Ending>) {
    match ending {
        Some(ending) => sleep_until(ending.give_up).await,
        None => std::future::pending().await,
    }
}

async fn ended(killing: &mut Option<BoxFuture<'_, Kill>>) -> Kill {
    match killing {
        Some(killing) => killing.await,
        None => std::future::pending().await,
    }
}
