//! The journal over a network that loses, duplicates and delays.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::{BoxFuture, FutureExt};

use super::clock::ProcessClock;
use super::defect::Defect;
use super::executor::Millis;
use super::process::ProcessId;
use super::store::Acquired;
use super::world::World;
use crate::journal::{
    Acquire, Commit, Epoch, Journal, JournalError, OwnedJournal, Owner, OwnerId, Page, RestoredStore, Seq, Snapshot,
};
use crate::scheduler::Incarnation;
use crate::{Digest, Timestamp};

/// The fate of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Request and answer arrive.
    Fine,
    /// It never arrives.
    Lost,
    /// It arrives after this delay, when its answer is no longer awaited.
    Late(Millis),
    /// It arrives twice, the second time after this delay.
    Twice(Millis),
    /// It arrives, and its answer does not.
    AnswerLost,
}

pub(super) struct ClusterJournal {
    world: Arc<World>,
    process: ProcessId,
}

/// Time limit of a request.
const PATIENCE: Millis = 3_000;

fn unavailable() -> JournalError {
    JournalError::Unavailable {
        message: "no route to the journal".to_owned(),
    }
}

fn unknown() -> JournalError {
    JournalError::Unknown {
        message: "no answer from the journal".to_owned(),
    }
}

impl ClusterJournal {
    pub(super) fn new(world: &Arc<World>, process: ProcessId) -> Self {
        Self {
            world: Arc::clone(world),
            process,
        }
    }

    /// A read-only request.
    async fn ask(&self) -> Result<(), JournalError> {
        let (fate, delay) = self.world.with(|state| (state.fate(), state.delay()));
        self.world.simulation.sleep(delay).await;
        let reachable = self.world.with(|state| state.reaches_journal(self.process));
        match fate {
            Fate::Fine | Fate::Twice(_) if reachable => Ok(()),
            _ => {
                self.world.simulation.sleep(PATIENCE).await;
                Err(unavailable())
            }
        }
    }
}

impl super::world::State {
    fn fate(&mut self) -> Fate {
        if self.calm {
            return Fate::Fine;
        }
        let delay = self.random.between(100, 40_000);
        match self.random.below(100) {
            0..=1 => Fate::Lost,
            2..=3 => Fate::Late(delay),
            4..=6 => Fate::Twice(delay),
            7..=9 => Fate::AnswerLost,
            _ => Fate::Fine,
        }
    }

    /// The delay of one message.
    pub(super) fn delay(&mut self) -> Millis {
        if self.calm {
            return 2;
        }
        match self.random.chance(30) {
            true => self.random.between(500, 6_000),
            false => self.random.skewed(1, 200),
        }
    }

    pub(super) fn reaches_journal(&self, process: ProcessId) -> bool {
        let until = self
            .processes
            .get(&process)
            .map_or(0, |process| process.no_journal_until);
        self.now >= until.max(self.store.away_until)
    }
}

#[async_trait]
impl Journal for ClusterJournal {
    async fn acquire(&self, owner: Owner, how: Acquire) -> Result<Box<dyn OwnedJournal>, JournalError> {
        self.ask().await?;
        let force = how == Acquire::Force;
        let acquired = loop {
            // Before it is looked at who owns the journal, or a change in between would not be
            // noticed.
            let freed = self.world.freed.listen();
            let taken = self
                .world
                .with(|state| state.store.acquire(self.process, owner.clone(), force));
            match taken {
                Err(JournalError::Held { .. }) if how == Acquire::Wait => freed.await,
                taken => break taken?,
            }
        };
        self.world.with(|state| {
            state.judge.fault_all("the journal changed hands");
            let (process, end, epoch) = (self.process, acquired.end, acquired.claim.epoch);
            state.note(format_args!("{process} acquires the journal at {end}, {epoch}"));
        });
        self.world.freed.notify(usize::MAX);
        let owned = Owned {
            world: Arc::clone(&self.world),
            acquired,
        };
        // An answer that is lost on its way leaves an ownership that ends with its connection.
        self.ask().await?;
        Ok(Box::new(owned))
    }

    async fn latest_snapshot(&self) -> Result<Option<(Seq, Snapshot)>, JournalError> {
        self.ask().await?;
        Ok(self.world.with(|state| state.store.snapshot()))
    }

    async fn read(&self, from: Seq) -> Result<Page, JournalError> {
        self.ask().await?;
        let records = self.world.with(|state| state.store.page(from));
        let next = Seq(from.0 + u64::try_from(records.len()).unwrap_or(u64::MAX));
        Ok(Page { records, next })
    }

    async fn content(&self, digest: Digest) -> Result<Vec<u8>, JournalError> {
        self.ask().await?;
        self.world.with(|state| state.store.content(digest))
    }

    async fn changed(&self, after: Seq) -> Result<(), JournalError> {
        while self.world.with(|state| state.store.end() <= after) {
            self.world.simulation.sleep(1_000).await;
        }
        Ok(())
    }

    async fn store_time(&self) -> Result<Option<Timestamp>, JournalError> {
        if !self.world.with(|state| state.options.skewed_clocks) {
            return Ok(None);
        }
        let asked = self.world.simulation.now();
        self.ask().await?;
        let now = self.world.simulation.now();
        let tells = !self.world.has(Defect::SkewHidden);
        self.world.with(|state| {
            if let Some(process) = state.processes.get_mut(&self.process) {
                process.shown_skew = shown_skew(process.ahead, now - asked);
            }
        });
        Ok(Some(ProcessClock::store_time(now)).filter(|_| tells))
    }
}

/// How far a clock is seen to be from the store's, at least, when the answer was on its way for so long.
fn shown_skew(ahead: Millis, took: Millis) -> Millis {
    match ahead.checked_sub(ProcessClock::STORE_AHEAD) {
        Some(ahead) => ahead.saturating_sub(took),
        None => ProcessClock::STORE_AHEAD - ahead,
    }
}

struct Owned {
    world: Arc<World>,
    acquired: Acquired,
}

impl Drop for Owned {
    fn drop(&mut self) {
        let (world, claim) = (Arc::clone(&self.world), self.acquired.claim.clone());
        self.world.spawn(async move {
            // A store notices late that an owner is gone.
            let after = world.with(|state| state.random.skewed(1, 5_000));
            world.simulation.sleep(after).await;
            world.with(|state| state.store.free(&claim));
            world.freed.notify(usize::MAX);
        });
    }
}

#[async_trait]
impl OwnedJournal for Owned {
    fn epoch(&self) -> Epoch {
        self.acquired.claim.epoch
    }

    fn previous_owner(&self) -> Option<OwnerId> {
        self.acquired.previous.clone()
    }

    fn end(&self) -> Seq {
        self.acquired.end
    }

    fn restored(&self) -> Option<RestoredStore> {
        self.acquired.restored
    }

    async fn confirm_restored(&mut self, incarnation: Incarnation) -> Result<(), JournalError> {
        let world = Arc::clone(&self.world);
        let (fate, delay) = world.with(|state| (state.fate(), state.delay()));
        world.simulation.sleep(delay).await;
        let confirm = || world.with(|state| state.store.confirm_restored(&self.acquired.claim, incarnation));
        match fate {
            _ if !world.with(|state| state.reaches_journal(self.acquired.claim.process)) => Err(unavailable()),
            Fate::Lost | Fate::Late(_) => Err(unknown()),
            Fate::AnswerLost => confirm().and(Err(unknown())),
            Fate::Twice(_) => confirm().and(confirm()),
            Fate::Fine => confirm(),
        }
    }

    async fn append(&mut self, commit: &Commit) -> Result<Seq, JournalError> {
        let world = Arc::clone(&self.world);
        let process = self.acquired.claim.process;
        let (fate, there, back) = world.with(|state| (state.fate(), state.delay(), state.delay()));
        if world.has(Defect::AnsweredTooEarly) {
            world.arrive_later(there + back, &self.acquired.claim, commit);
            return Ok(commit.end());
        }
        world.simulation.sleep(there).await;
        if !world.with(|state| state.reaches_journal(process)) {
            world.simulation.sleep(PATIENCE).await;
            return Err(unavailable());
        }
        match fate {
            Fate::Lost => {
                world.simulation.sleep(PATIENCE).await;
                return Err(unknown());
            }
            Fate::Late(delay) => {
                world.arrive_later(delay, &self.acquired.claim, commit);
                world.simulation.sleep(PATIENCE).await;
                return Err(unknown());
            }
            // The second arrival may come after later commits, or after another owner: both have to
            // be refused.
            Fate::Twice(delay) => world.arrive_later(delay, &self.acquired.claim, commit),
            Fate::Fine | Fate::AnswerLost => {}
        }
        let answer = world.arrive(&self.acquired.claim, commit);
        world.simulation.sleep(back).await;
        if fate == Fate::AnswerLost || !world.with(|state| state.reaches_journal(process)) {
            world.simulation.sleep(PATIENCE).await;
            return Err(unknown());
        }
        // Not where the answer was lost: the dispatcher has to find out by itself how far the
        // journal goes.
        if let Ok(end) = &answer {
            self.acquired.end = *end;
        }
        answer
    }

    async fn put_content(&mut self, digest: Digest, bytes: &[u8]) -> Result<(), JournalError> {
        let world = Arc::clone(&self.world);
        let (fate, delay) = world.with(|state| (state.fate(), state.delay()));
        world.simulation.sleep(delay).await;
        let put = || world.with(|state| state.store.put_content(&self.acquired.claim, digest, bytes));
        match fate {
            _ if !world.with(|state| state.reaches_journal(self.acquired.claim.process)) => Err(unavailable()),
            Fate::Lost | Fate::Late(_) => Err(unknown()),
            Fate::AnswerLost => put().and(Err(unknown())),
            Fate::Twice(_) => put().and(put()),
            Fate::Fine => put(),
        }
    }

    fn snapshot(&self, upto: Seq, state: Snapshot) -> BoxFuture<'static, Result<(), JournalError>> {
        let (world, claim) = (Arc::clone(&self.world), self.acquired.claim.clone());
        async move {
            let delay = world.with(|state| state.delay());
            world.simulation.sleep(delay).await;
            world.with(|world| world.store.store_snapshot(&claim, upto, state))
        }
        .boxed()
    }

    fn lost(&self) -> BoxFuture<'static, ()> {
        let (world, claim) = (Arc::clone(&self.world), self.acquired.claim.clone());
        async move {
            loop {
                let changed = world.freed.listen();
                if !world.with(|state| state.store.is_owned_by(&claim)) {
                    break;
                }
                changed.await;
            }
            // It may be told late, and never while it cannot be reached.
            let after = world.with(|state| state.random.skewed(1, 30_000));
            world.simulation.sleep(after).await;
            while !world.with(|state| state.reaches_journal(claim.process)) {
                world.simulation.sleep(1_000).await;
            }
        }
        .boxed()
    }
}
