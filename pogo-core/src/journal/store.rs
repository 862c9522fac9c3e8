//! What a store of journals must promise.

use async_trait::async_trait;

use super::{Commit, CommitId, Epoch, JournalError, OwnerId, Seq};
use crate::scheduler::{Record, Snapshot};

/// A journal: an append-only list of records with one owner at a time.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Takes ownership: raises the epoch, so that every earlier owner's appends are refused.
    async fn acquire(&self, owner: OwnerId) -> Result<Box<dyn OwnedJournal>, JournalError>;

    /// The newest snapshot and the position it stands for: its state is that of all records before. `None` if there is none.
    async fn latest_snapshot(&self) -> Result<Option<(Seq, Snapshot)>, JournalError>;

    /// Reads records from a position on, oldest first; anybody may, at any time. Where a store has dropped records that
    /// a snapshot stands for, the answer is [`JournalError::Compacted`].
    async fn read(&self, from: Seq) -> Result<Page, JournalError>;
}

/// A journal, by the hand that may append to it.
#[async_trait]
pub trait OwnedJournal: Send {
    /// The epoch of this ownership; greater than that of every ownership before.
    fn epoch(&self) -> Epoch;

    /// Appends durably, all or nothing, at exactly `commit.at`; returns the position after it.
    /// On [`JournalError::Unknown`], ask [`resolve`](Self::resolve) before anything else.
    async fn append(&mut self, commit: &Commit) -> Result<Seq, JournalError>;

    /// Whether a commit landed: the position after it, or `None`, which is final.
    async fn resolve(&mut self, id: CommitId) -> Result<Option<Seq>, JournalError>;

    /// Keeps a snapshot of the state after all records before `upto`, in place of any older one. The store may then drop
    /// those records. On an error the journal is as it was.
    async fn snapshot(&mut self, upto: Seq, state: Snapshot) -> Result<(), JournalError>;
}

/// Some records of a journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Records in order; empty at the end of the journal.
    pub records: Vec<Record>,
    /// Where to read on.
    pub next: Seq,
}
