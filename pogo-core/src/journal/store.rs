//! What a store of journals must promise.

use async_trait::async_trait;

use super::{Commit, CommitId, Epoch, JournalError, OwnerId, Seq};
use crate::scheduler::Record;

/// A journal: an append-only list of records with one owner at a time.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Takes ownership: raises the epoch, so that every earlier owner's appends are refused.
    async fn acquire(&self, owner: OwnerId) -> Result<Box<dyn OwnedJournal>, JournalError>;

    /// Reads records from a position on, oldest first; anybody may, at any time.
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
}

/// Some records of a journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Records in order; empty at the end of the journal.
    pub records: Vec<Record>,
    /// Where to read on.
    pub next: Seq,
}
