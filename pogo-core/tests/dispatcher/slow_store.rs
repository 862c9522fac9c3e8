//! A journal that takes its time, is away for a while and takes no large commits; and attempts that notice when nobody
//! polls them.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::{BoxFuture, Either, FutureExt, select};
use pogo_core::Digest;
use pogo_core::Timestamp;
use pogo_core::dispatcher::{Attempt, Capabilities, Clock, Notice, Observer, Reporter, Transport};
use pogo_core::journal::{
    Acquire, Commit, Journal, JournalError, MemoryJournal, OwnedJournal, Owner, Page, Seq, Snapshot,
};
use pogo_core::scheduler::{FailureKind, Outcome, TaskEventKind};

use super::intercepted::{Intercepted, Interceptor};
use super::virtual_time::VirtualClock;

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// How a store behaves, in the time of its clock.
#[derive(Debug, Clone, Default)]
pub(crate) struct Habits {
    /// How long the next appends take, one after the other, and then none any time.
    pub(crate) appends: VecDeque<Duration>,
    /// How long every append takes at least.
    pub(crate) append: Duration,
    pub(crate) snapshot: Duration,
    /// When it cannot be reached.
    pub(crate) away: Vec<Range<Duration>>,
    /// When it takes what it is asked and never answers.
    pub(crate) silent: Vec<Range<Duration>>,
    /// Appends whose answer is lost although they land, by their number.
    pub(crate) answers_lost: Vec<usize>,
    /// The most records of a commit.
    pub(crate) most: Option<usize>,
}

/// Habits by a clock, and how many appends there were.
pub(crate) struct Slowness {
    clock: Arc<VirtualClock>,
    habits: Mutex<(Habits, usize)>,
}

pub(crate) type SlowStore = Intercepted<Slowness>;

impl SlowStore {
    pub(crate) fn slow(inner: MemoryJournal, clock: &Arc<VirtualClock>, habits: Habits) -> Self {
        let clock = Arc::clone(clock);
        let habits = Mutex::new((habits, 0));
        Self::over(inner, Slowness { clock, habits })
    }
}

impl Slowness {
    /// What a call meets that comes now: an error while it is away, and no answer at all while it is silent.
    async fn meet(&self) -> Result<(), JournalError> {
        let now = self.clock.now() - Timestamp::EPOCH;
        let among = |spans: &[Range<Duration>]| spans.iter().any(|span| span.contains(&now));
        let (is_silent, is_away) = {
            let habits = &self.habits.lock().unwrap().0;
            (among(&habits.silent), among(&habits.away))
        };
        if is_silent {
            std::future::pending::<()>().await;
        }
        let message = "the network is down".to_owned();
        if is_away {
            Err(JournalError::Unavailable { message })
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl Interceptor for Slowness {
    async fn acquire(
        &self,
        journal: &MemoryJournal,
        owner: Owner,
        how: Acquire,
    ) -> Result<Box<dyn OwnedJournal>, JournalError> {
        self.meet().await?;
        journal.acquire(owner, how).await
    }

    async fn latest_snapshot(&self, journal: &MemoryJournal) -> Result<Option<(Seq, Snapshot)>, JournalError> {
        self.meet().await?;
        journal.latest_snapshot().await
    }

    async fn read(&self, journal: &MemoryJournal, from: Seq) -> Result<Page, JournalError> {
        self.meet().await?;
        journal.read(from).await
    }

    async fn content(&self, journal: &MemoryJournal, digest: Digest) -> Result<Vec<u8>, JournalError> {
        self.meet().await?;
        journal.content(digest).await
    }

    async fn append(&self, journal: &mut dyn OwnedJournal, commit: &Commit) -> Result<Seq, JournalError> {
        let (took, lost, max) = {
            let (habits, count) = &mut *self.habits.lock().unwrap();
            *count += 1;
            let took = habits.append.max(habits.appends.pop_front().unwrap_or_default());
            (took, habits.answers_lost.contains(count), habits.most)
        };
        self.clock.sleep_until(self.clock.now() + took).await;
        self.meet().await?;
        if let Some(max) = max.filter(|max| commit.records.len() > *max) {
            return Err(JournalError::TooLarge { max });
        }
        let answer = journal.append(commit).await;
        if lost {
            let message = "the network is down".to_owned();
            Err(JournalError::Unknown { message })
        } else {
            answer
        }
    }

    fn snapshot(
        &self,
        journal: &dyn OwnedJournal,
        upto: Seq,
        state: Snapshot,
    ) -> BoxFuture<'static, Result<(), JournalError>> {
        let (clock, took) = (Arc::clone(&self.clock), self.habits.lock().unwrap().0.snapshot);
        let storing = journal.snapshot(upto, state);
        async move {
            clock.sleep_until(clock.now() + took).await;
            storing.await
        }
        .boxed()
    }
}

/// Runs each host for as long as the test says, in steps of ten milliseconds.
pub(crate) struct Stepping {
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) journal: MemoryJournal,
    pub(crate) takes: Duration,
    /// A host that takes ten times as long, and half of the time to end when it is cancelled.
    pub(crate) slow: Option<&'static str>,
    pub(crate) confirms: bool,
    pub(crate) seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// When each host started.
    pub(crate) started: BTreeMap<String, Vec<Duration>>,
    /// When each host ended, and whether it was cancelled.
    pub(crate) ended: BTreeMap<String, (Duration, bool)>,
    /// The longest time for which an attempt was not polled when it could go on.
    pub(crate) unpolled: Duration,
    /// Attempts that ran before their start was durable.
    pub(crate) too_early: usize,
}

impl Stepping {
    pub(crate) fn new(clock: &Arc<VirtualClock>, store: &SlowStore, takes: Duration) -> Arc<Self> {
        Arc::new(Self {
            clock: Arc::clone(clock),
            journal: store.inner.clone(),
            takes,
            slow: None,
            confirms: true,
            seen: Mutex::default(),
        })
    }

    fn now(&self) -> Duration {
        self.clock.now() - Timestamp::EPOCH
    }

    async fn step(&self, takes: Duration) {
        const STEP: Duration = Duration::from_millis(10);
        for _ in 0..takes.as_millis() / STEP.as_millis() {
            let due = self.clock.now() + STEP;
            self.clock.sleep_until(due).await;
            let late = self.clock.now() - due;
            let mut seen = self.seen.lock().unwrap();
            seen.unpolled = seen.unpolled.max(late);
        }
    }
}

#[async_trait]
impl Transport for Stepping {
    fn capabilities(&self) -> Capabilities {
        match self.confirms {
            true => Capabilities::default().with_confirmed_cancel(),
            false => Capabilities::default(),
        }
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        let host = attempt.host.name.to_string();
        let started = self.journal.records().iter().any(|record| {
            matches!(record.event.task_kind(), Some(TaskEventKind::Started { attempt: id, .. }) if *id == attempt.id)
        });
        {
            let mut seen = self.seen.lock().unwrap();
            seen.started.entry(host.clone()).or_default().push(self.now());
            seen.too_early += usize::from(!started);
        }
        let slow = self.slow == Some(host.as_str());
        let takes = self.takes * if slow { 10 } else { 1 };
        let cancelled = match select(Box::pin(self.step(takes)), Box::pin(report.cancelled())).await {
            Either::Left(_) => false,
            Either::Right(_) => true,
        };
        if cancelled && slow {
            self.clock.sleep_until(self.clock.now() + self.takes / 2).await;
        }
        self.seen.lock().unwrap().ended.insert(host, (self.now(), cancelled));
        match cancelled {
            false => Outcome::Succeeded,
            true => Outcome::failed(
                FailureKind::Signal {
                    signal: "TERM".to_owned(),
                },
                "",
            ),
        }
    }
}

/// Keeps what a dispatcher says of its journal.
#[derive(Default)]
pub(crate) struct Notices(pub(crate) Mutex<Vec<String>>);

impl Observer for Notices {
    fn notice(&self, notice: &Notice<'_>) {
        let said = match notice {
            Notice::JournalAway { error } => format!("away: {error}"),
            Notice::JournalBack { after } => format!("back after {after:?}"),
            _ => return,
        };
        self.0.lock().unwrap().push(said);
    }
}
