//! Making events durable before anything acts on them.

use std::sync::Arc;
use std::time::Duration;

use super::Clock;
use crate::journal::{Commit, CommitId, JournalError, OwnedJournal, Seq};
use crate::scheduler::Record;

/// The end of the journal that this dispatcher owns.
pub(super) struct Tail {
    journal: Box<dyn OwnedJournal>,
    clock: Arc<dyn Clock>,
    at: Seq,
    commits: u64,
}

impl Tail {
    /// How often a store that cannot be reached is tried again.
    const TRIES: u32 = 8;
    const FIRST_DELAY: Duration = Duration::from_millis(100);

    pub(super) fn new(journal: Box<dyn OwnedJournal>, clock: Arc<dyn Clock>, at: Seq) -> Self {
        Self {
            journal,
            clock,
            at,
            commits: 0,
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
        let mut delay = Self::FIRST_DELAY;
        for _ in 0..Self::TRIES {
            match self.try_append(&commit).await {
                Ok(end) => {
                    self.at = end;
                    return Ok(commit.records);
                }
                Err(JournalError::Unavailable { .. } | JournalError::Unknown(_)) => {
                    self.clock.sleep_until(self.clock.now() + delay).await;
                    delay *= 2;
                }
                Err(final_error) => return Err(final_error),
            }
        }
        self.at = self.try_append(&commit).await?;
        Ok(commit.records)
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
