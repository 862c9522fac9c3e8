//! Making events durable before anything acts on them.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use super::guarded::Guarded;
use super::subscription::GrowthSide;
use super::{Clock, Notice, Observer};
use crate::journal::{Commit, CommitId, JournalError, OwnedJournal, Seq};
use crate::scheduler::{Record, Scheduler};

/// The end of the journal that this dispatcher owns.
pub(super) struct Tail {
    journal: Box<dyn OwnedJournal>,
    clock: Arc<dyn Clock>,
    observer: Arc<Guarded>,
    at: Seq,
    growth: GrowthSide,
    commits: u64,
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
            journal,
            clock,
            observer,
            at,
            growth,
            commits: 0,
            snapshots,
        }
    }

    /// Stores the state once enough records have come since it was last stored. Where that fails for now nothing is
    /// lost, since the records are there; it is tried again as many records later.
    pub(super) async fn snapshot(&mut self, scheduler: &Scheduler) -> Result<(), JournalError> {
        let due = |every: NonZeroU64| self.at.0.saturating_sub(self.snapshots.upto.0) >= every.get();
        if !self.snapshots.every.is_some_and(due) {
            return Ok(());
        }
        self.snapshots.upto = self.at;
        match self.journal.snapshot(self.at, scheduler.snapshot()).await {
            Err(fatal @ (JournalError::Fenced | JournalError::Conflict { .. })) => Err(fatal),
            _ => Ok(()),
        }
    }

    /// Appends these records. When it returns they are durable; on an error they are not, and nothing may act on them.
    pub(super) async fn append(&mut self, records: Vec<Record>) -> Result<Vec<Record>, JournalError> {
        self.commits += 1;
        let id = CommitId {
            epoch: self.journal.epoch(),
            number: self.commits,
        };
        let commit = Commit::new(id, self.at, records);
        self.at = self.append_patiently(&commit).await?;
        self.growth.notify();
        Ok(commit.records)
    }

    async fn append_patiently(&mut self, commit: &Commit) -> Result<Seq, JournalError> {
        let mut delay = Self::FIRST_DELAY;
        let began = self.clock.now();
        for tries in 0..Self::TRIES {
            match self.try_append(commit).await {
                Err(ref error @ (JournalError::Unavailable { .. } | JournalError::Unknown(_))) => {
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
        self.try_append(commit).await
    }

    async fn try_append(&mut self, commit: &Commit) -> Result<Seq, JournalError> {
        match self.journal.append(commit).await {
            // A commit that landed without our knowing must not be appended twice.
            Err(JournalError::Unknown(id)) => match self.journal.resolve(id).await? {
                Some(end) => Ok(end),
                None => self.journal.append(commit).await,
            },
            Err(JournalError::Conflict { at }) if at == commit.end() => self
                .journal
                .resolve(commit.id)
                .await?
                .ok_or(JournalError::Conflict { at }),
            answer => answer,
        }
    }
}
