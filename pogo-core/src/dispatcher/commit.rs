//! Making events durable before anything acts on them.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{BoxFuture, Fuse, FutureExt};

use super::guarded::Guarded;
use super::subscription::GrowthSide;
use super::{Clock, Notice, Observer};
use crate::journal::{Commit, Epoch, JournalError, OwnedJournal, OwnerId, Seq};
use crate::scheduler::{Record, Scheduler};

/// The end of the journal that this dispatcher owns.
pub(super) struct Tail {
    journal: Box<dyn OwnedJournal>,
    lost: Fuse<BoxFuture<'static, ()>>,
    clock: Arc<dyn Clock>,
    observer: Arc<Guarded>,
    at: Seq,
    growth: GrowthSide,
    snapshots: Snapshots,
}

/// How often the state is stored, and up to where it is.
pub(super) struct Snapshots {
    pub(super) every: Option<NonZeroU64>,
    pub(super) upto: Seq,
}

impl Tail {
    /// How often a store that cannot be reached is tried again.
    const TRIES: u32 = 8;
    const FIRST_DELAY: Duration = Duration::from_millis(100);

    pub(super) fn new(
        journal: Box<dyn OwnedJournal>,
        (clock, observer): (Arc<dyn Clock>, Arc<Guarded>),
        (at, growth): (Seq, GrowthSide),
        snapshots: Snapshots,
    ) -> Self {
        Self {
            lost: journal.lost().fuse(),
            journal,
            clock,
            observer,
            at,
            growth,
            snapshots,
        }
    }

    /// The epoch of this ownership, and whose came before.
    pub(super) fn owned_since(&self) -> (Epoch, Option<OwnerId>) {
        (self.journal.epoch(), self.journal.previous_owner())
    }

    /// Ready once when somebody else owns the journal.
    pub(super) fn poll_lost(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.lost.poll_unpin(context)
    }

    /// Stores the state once enough records have come since it was last stored. Where that fails for now nothing is
    /// lost, since the records are there; it is tried again as many records later.
    pub(super) async fn snapshot(&mut self, scheduler: &Scheduler) -> Result<(), JournalError> {
        let due = |every: NonZeroU64| self.at.0.saturating_sub(self.snapshots.upto.0) >= every.get();
        if !self.snapshots.every.is_some_and(due) {
            return Ok(());
        }
        self.snapshots.upto = self.at;
        let storing = self.journal.snapshot(self.at, scheduler.snapshot());
        match storing.await {
            Err(fatal @ (JournalError::Fenced | JournalError::Conflict { .. })) => Err(fatal),
            _ => Ok(()),
        }
    }

    /// Appends these records. When it returns they are durable; on an error they are not, and nothing may act on them.
    pub(super) async fn append(&mut self, records: Vec<Record>) -> Result<Vec<Record>, JournalError> {
        let commit = Commit::new(self.at, records);
        self.at = self.append_patiently(&commit).await?;
        self.growth.notify();
        Ok(commit.records)
    }

    async fn append_patiently(&mut self, commit: &Commit) -> Result<Seq, JournalError> {
        let mut delay = Self::FIRST_DELAY;
        let began = self.clock.now();
        for tries in 0..Self::TRIES {
            match self.append_once(commit).await {
                Err(ref error @ (JournalError::Unavailable { .. } | JournalError::Unknown { .. })) => {
                    if tries == 0 {
                        self.observer.notice(&Notice::JournalAway { error });
                    }
                    self.clock.sleep_until(self.clock.now() + delay).await;
                    delay *= 2;
                }
                answer => {
                    if answer.is_ok() && tries > 0 {
                        let after = self.clock.now() - began;
                        self.observer.notice(&Notice::JournalBack { after });
                    }
                    return answer;
                }
            }
        }
        self.append_once(commit).await
    }

    /// What is not known is tried again at once: most answers are lost with a connection that comes back.
    async fn append_once(&mut self, commit: &Commit) -> Result<Seq, JournalError> {
        match self.journal.append(commit).await {
            Err(JournalError::Unknown { .. }) => self.journal.append(commit).await,
            answer => answer,
        }
    }
}
