//! The transport of a dispatcher: it launches attempts on hosts, and asks hosts about those of other dispatchers.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::{BoxFuture, Either, FutureExt, Shared, select};

use super::defect::Defect;
use super::executor::Millis;
use super::host::{AttemptKey, HostAnswer};
use super::link::Message;
use super::link_end::LinkEnd;
use super::process::ProcessId;
use super::world::World;
use crate::dispatcher::{Attempt, Capabilities, Fence, Reporter, Transport};
use crate::scheduler::{FailureKind, FenceAnswer, NeverBegan, Outcome, Phase};

pub(super) struct ClusterTransport {
    world: Arc<World>,
    process: ProcessId,
}

/// Why an attempt is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// Its dispatcher has cancelled it.
    Cancelled,
    /// It has run for as long as it may.
    TimeLimit,
}

type Stopped = Shared<BoxFuture<'static, Stop>>;

/// How one launch ended.
enum Launched {
    /// Its end is known, or in doubt for good.
    Ended(Outcome),
    /// The link broke before `go` was sent: it can be launched again.
    NotSent,
}

/// How long an attempt that is stopped may take to end.
const GRACE: Millis = 8_000;

fn key(attempt: &Attempt) -> AttemptKey {
    AttemptKey {
        incarnation: attempt.incarnation,
        attempt: attempt.id,
    }
}

fn of_status(status: u32) -> Outcome {
    match status {
        0 => Outcome::Succeeded,
        143 => Outcome::failed(
            FailureKind::Signal {
                signal: "TERM".to_owned(),
            },
            "",
        ),
        status => Outcome::failed(FailureKind::Command { status }, ""),
    }
}

impl Stop {
    /// The end of an attempt that had not begun.
    fn before_it_began(self) -> Outcome {
        match self {
            Self::Cancelled => Outcome::never_began(NeverBegan::Cancelled, ""),
            Self::TimeLimit => Outcome::failed(FailureKind::Timeout, "it did not begin in time"),
        }
    }

    fn with_status(self, status: u32) -> Outcome {
        match self {
            // One that succeeded just before it was stopped has succeeded.
            Self::TimeLimit if status != 0 => Outcome::failed(FailureKind::Timeout, ""),
            _ => of_status(status),
        }
    }
}

impl ClusterTransport {
    pub(super) fn new(world: &Arc<World>, process: ProcessId) -> Self {
        Self {
            world: Arc::clone(world),
            process,
        }
    }

    async fn connect(&self, attempt: &Attempt) -> Result<LinkEnd, Outcome> {
        self.world.wait(5, 2_000).await;
        let reached = self.world.with(|state| {
            let lucky = state.calm || !state.random.chance(20);
            let host = state.host_named(attempt.host.name.as_str());
            host.filter(|_| lucky && state.reaches_hosts(self.process))
        });
        let Some(host) = reached else {
            self.world.wait(1_000, 10_000).await;
            return Err(Outcome::failed(FailureKind::Unreachable, "no route to the host"));
        };
        let (here, there) = self.world.link(self.process, host, key(attempt));
        let serve = Arc::clone(&self.world).serve(self.process, host, there);
        self.world.spawn(serve);
        Ok(here)
    }

    async fn launch(&self, attempt: &Attempt, report: &Reporter, stopped: &Stopped) -> Outcome {
        // A link that breaks before `go` has harmed nothing, so that a few launches are free.
        for _ in 0..3 {
            let mut link = match self.connect(attempt).await {
                Ok(link) => link,
                Err(outcome) => return outcome,
            };
            link.send(Message::Launch { key: key(attempt) });
            match self.session(&mut link, report, stopped).await {
                Launched::Ended(outcome) => return outcome,
                // Each launch asks anew.
                Launched::NotSent => {}
            }
        }
        Outcome::never_began(NeverBegan::NotSent, "the link broke again and again")
    }

    async fn session(&self, link: &mut LinkEnd, report: &Reporter, stopped: &Stopped) -> Launched {
        match select(link.receive().boxed(), stopped.clone()).await {
            Either::Right((stop, _)) => return Launched::Ended(stop.before_it_began()),
            Either::Left((Message::Ready, _)) => {}
            Either::Left((message, _)) => return before_ready(message),
        }
        if !self.world.has(Defect::PermissionSkipped) {
            let asked = select(report.begin(true).boxed(), link.receive().boxed());
            match select(asked, stopped.clone()).await {
                Either::Right((stop, _)) => return Launched::Ended(stop.before_it_began()),
                Either::Left((Either::Right((message, _)), _)) => return before_ready(message),
                Either::Left((Either::Left((Err(refused), _)), _)) => {
                    let refused = Outcome::never_began(NeverBegan::Refused, refused.to_string());
                    return Launched::Ended(refused);
                }
                Either::Left((Either::Left((Ok(()), _)), _)) => {}
            }
        }
        // Faults may happen here.
        self.world.wait(0, 30).await;
        // What the host has said meanwhile, as that it waits no longer, makes `go` pointless.
        if let Some(message) = link.receive().now_or_never() {
            return before_ready(message);
        }
        link.send(Message::Go);
        Launched::Ended(self.follow(link, report, stopped).await)
    }

    /// Follows an attempt to its end, after `go`.
    async fn follow(&self, link: &mut LinkEnd, report: &Reporter, stopped: &Stopped) -> Outcome {
        let stop = loop {
            match select(link.receive().boxed(), stopped.clone()).await {
                Either::Left((Message::Begun, _)) => report.phase(Phase::Command),
                Either::Left((Message::Ended { status }, _)) => return of_status(status),
                Either::Left((Message::Never(_), _)) => return Outcome::never_began(NeverBegan::Expired, "too late"),
                Either::Left((Message::Closed, _)) if self.world.has(Defect::DoubtfulSlotFreed) => {
                    return Outcome::never_began(NeverBegan::NotSent, "the link broke");
                }
                Either::Left((Message::Closed, _)) => return Outcome::in_doubt("the link broke"),
                Either::Left(_) => {}
                Either::Right((stop, _)) => break stop,
            }
        };
        link.send(Message::Stop);
        // Shorter than the scheduler's own patience, which would give the attempt up.
        let grace = self.world.simulation.sleep(GRACE);
        let last = async {
            loop {
                match link.receive().await {
                    Message::Begun => report.phase(Phase::Command),
                    message => break message,
                }
            }
        };
        match select(last.boxed(), grace).await {
            Either::Left((Message::Ended { status }, _)) => stop.with_status(status),
            Either::Left((Message::Never(_), _)) => stop.before_it_began(),
            _ if self.world.has(Defect::EndAssumed) => stop.with_status(143),
            _ => Outcome::in_doubt("it was stopped, and did not say that it ended"),
        }
    }

    /// Asks about an attempt that another dispatcher launched.
    async fn resume(&self, attempt: &Attempt, report: &Reporter, stopped: &Stopped) -> Outcome {
        let mut link = match self.connect(attempt).await {
            Ok(link) => link,
            Err(outcome) => return outcome,
        };
        let wait = u64::try_from(attempt.time_limit.as_millis()).unwrap_or(Millis::MAX);
        let key = key(attempt);
        link.send(Message::Ask { key, wait });
        let answer = match select(link.receive().boxed(), stopped.clone()).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => return Outcome::in_doubt("it was stopped, and another dispatcher had begun it"),
        };
        match answer {
            Message::Answer(HostAnswer::NeverBegan) => {
                Outcome::never_began(NeverBegan::NotSent, "the host has not heard of it")
            }
            Message::Answer(HostAnswer::Ended { status }) => {
                report.phase(Phase::Command);
                of_status(status)
            }
            Message::Answer(found) => Outcome::in_doubt(format!("the host says: {found:?}")),
            _ => Outcome::in_doubt("the link broke"),
        }
    }

    /// Asks a host for the state of an attempt.
    async fn ask(&self, attempt: &Attempt) -> FenceAnswer {
        let key = key(attempt);
        let mut link = match self.connect(attempt).await {
            Ok(link) => link,
            Err(outcome) => return FenceAnswer::unreachable(outcome.to_string()),
        };
        link.send(Message::Ask { key, wait: 0 });
        match link.receive().await {
            Message::Answer(HostAnswer::NeverBegan) => FenceAnswer::NeverBegan,
            Message::Answer(HostAnswer::Ended { status }) => FenceAnswer::Ended(of_status(status)),
            Message::Answer(HostAnswer::Gone | HostAnswer::Other) => {
                FenceAnswer::Ended(Outcome::in_doubt("it is gone"))
            }
            Message::Answer(HostAnswer::Running | HostAnswer::Waits) => FenceAnswer::StillRunning,
            Message::Answer(found) => FenceAnswer::unreachable(format!("the host says: {found:?}")),
            _ => FenceAnswer::unreachable("the link broke"),
        }
    }
}

/// The end of a launch before `go`.
fn before_ready(message: Message) -> Launched {
    match message {
        Message::Busy => Launched::Ended(Outcome::never_began(NeverBegan::Busy, "another command runs")),
        Message::Never("late") => Launched::Ended(Outcome::never_began(NeverBegan::Expired, "too late")),
        Message::Never(why) => Launched::Ended(Outcome::never_began(NeverBegan::Refused, why)),
        _ => Launched::NotSent,
    }
}

#[async_trait]
impl Transport for ClusterTransport {
    fn capabilities(&self) -> Capabilities {
        let capabilities = Capabilities::default().with_permission().with_confirmed_cancel();
        match self.world.with(|state| state.options.fences) {
            true => capabilities.with_fences(),
            false => capabilities,
        }
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        let limit = u64::try_from(attempt.time_limit.as_millis()).unwrap_or(Millis::MAX);
        let (world, watched, key) = (Arc::clone(&self.world), report.clone(), key(&attempt));
        let stopped = async move {
            let limit = world.simulation.sleep(limit);
            let stop = match select(watched.cancelled().boxed(), limit).await {
                Either::Left(_) => Stop::Cancelled,
                Either::Right(_) => Stop::TimeLimit,
            };
            world.with(|state| state.judge.fault(key, "it was stopped"));
            stop
        };
        let stopped = stopped.boxed().shared();
        match attempt.resumed {
            true => self.resume(&attempt, &report, &stopped).await,
            false => self.launch(&attempt, &report, &stopped).await,
        }
    }

    fn resumes(&self, _: &Attempt) -> bool {
        self.world.with(|state| state.options.resumes)
    }

    async fn fence(&self, fence: Fence) -> FenceAnswer {
        if self.world.has(Defect::FenceIgnored) {
            return FenceAnswer::Ended(Outcome::in_doubt("nobody asked"));
        }
        let answer = self.ask(&fence.attempt).await;
        self.world
            .with(|state| state.judge.asked(key(&fence.attempt), self.process, &answer));
        answer
    }
}
