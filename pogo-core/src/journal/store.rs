//! What a store of journals must promise.

use async_trait::async_trait;
use futures::future::BoxFuture;

use super::{Acquire, Commit, Epoch, JournalError, Owner, OwnerId, RestoredStore, Seq};
use crate::scheduler::{Incarnation, Record, Snapshot};
use crate::{Digest, Timestamp};

/// A journal: an append-only list of records with one owner at a time.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Takes ownership: raises the epoch, so that every earlier owner's appends are refused. An ownership ends when its
    /// [`OwnedJournal`] is dropped or its process is gone, and never because of a clock.
    ///
    /// # Errors
    /// [`JournalError::Held`] where somebody owns it, unless `how` is to wait or to take over.
    async fn acquire(&self, owner: Owner, how: Acquire) -> Result<Box<dyn OwnedJournal>, JournalError>;

    /// The newest snapshot and the position it stands for: its state is that of all records before. `None` if there is
    /// none.
    async fn latest_snapshot(&self) -> Result<Option<(Seq, Snapshot)>, JournalError>;

    /// Reads records from a position on, oldest first; anybody may, at any time. Where a store has dropped records that
    /// a snapshot stands for, the answer is [`JournalError::Compacted`].
    async fn read(&self, from: Seq) -> Result<Page, JournalError>;

    /// The content of this digest, as it was [put](OwnedJournal::put_content).
    ///
    /// # Errors
    /// [`JournalError::NoContent`] where there is none, [`JournalError::DamagedContent`] where its bytes are no longer
    /// those.
    async fn content(&self, digest: Digest) -> Result<Vec<u8>, JournalError>;

    /// Resolves when there are records after this position; at once if there are.
    async fn changed(&self, after: Seq) -> Result<(), JournalError>;

    /// The time by the clock of the store, where that is another machine's; a dispatcher whose own clock is [too
    /// far](super::ClockSkew::is_too_large) from it takes over by force alone. `None` where the store has no clock but
    /// this machine's, as a directory, or cannot say.
    async fn store_time(&self) -> Result<Option<Timestamp>, JournalError> {
        Ok(None)
    }
}

/// A journal, by the hand that may append to it. Dropping it frees the journal.
#[async_trait]
pub trait OwnedJournal: Send {
    /// The epoch of this ownership; greater than that of every ownership before.
    fn epoch(&self) -> Epoch;

    /// Who owned it last, if anybody did.
    fn previous_owner(&self) -> Option<OwnerId>;

    /// The position after the last record: when it was acquired, all that earlier owners ever appended or will; then
    /// what this owner has appended.
    fn end(&self) -> Seq;

    /// Whether the store is not as its last owner left it: a copy, or without its last records. Each owner is notified
    /// until one has [confirmed](Self::confirm_restored) it; a store that cannot know of itself says `None`.
    fn restored(&self) -> Option<RestoredStore> {
        None
    }

    /// The restore is recorded, so that later owners need no notice, and this is the incarnation by now. Until then the
    /// owner may die; the next one finds it in the journal by its [id](RestoredStore::id), and records it anew where it
    /// has none. Whoever takes over a namespace that was ever restored says so before anything starts: a store that
    /// counts restores goes on from there, since some are [declared](crate::scheduler::RestoreCause::Declared).
    /// Confirming it again does nothing.
    ///
    /// # Errors
    /// [`JournalError::Fenced`] where somebody else owns it. On [`JournalError::Unknown`] and
    /// [`JournalError::Unavailable`] confirm it again.
    async fn confirm_restored(&mut self, incarnation: Incarnation) -> Result<(), JournalError> {
        let _ = incarnation;
        Ok(())
    }

    /// The most bytes of a commit's records, each [as JSON](super::stored_len), that are taken for sure; larger commits
    /// may be [`TooLarge`](JournalError::TooLarge). A store that has such a limit says so, or an order that is larger
    /// by itself ends the dispatcher instead of being refused.
    fn max_commit(&self) -> Option<usize> {
        None
    }

    /// Appends durably, all or nothing, at exactly `commit.at`, if both epoch and nonce are still this owner's; returns
    /// the position after it. The commit that was appended last, appended again, is the same commit: it gets the same
    /// answer.
    ///
    /// # Errors
    /// On [`JournalError::Unknown`] append it again; on all others it was not appended.
    async fn append(&mut self, commit: &Commit) -> Result<Seq, JournalError>;

    /// Keeps content durably under its digest: a fleet or a policy, as JSON, before records are appended that name it.
    /// Content of any size is taken, and may be compressed. What is there already is not written again.
    ///
    /// Only an owner deletes content, and only what is named by no [snapshot](Snapshot::digests) that is kept, by no
    /// [record](Record::digests) after the oldest of them, and was not put since the last append.
    ///
    /// # Errors
    /// [`JournalError::WrongContent`] where the bytes do not have this digest, [`JournalError::Fenced`] where somebody
    /// else owns it. On [`JournalError::Unknown`] put it again.
    async fn put_content(&mut self, digest: Digest, bytes: &[u8]) -> Result<(), JournalError>;

    /// Keeps a snapshot of the state after all records before `upto`, in place of any older one. The store may then
    /// drop those records. On an error the journal is as it was. The future borrows nothing, so that appends go on
    /// while it is polled; it does not block: what takes long belongs on another thread.
    fn snapshot(&self, upto: Seq, state: Snapshot) -> BoxFuture<'static, Result<(), JournalError>>;

    /// Resolves when ownership is gone: somebody took over, or it was dropped. A store that can be asked only now and
    /// then may be late; no append depends on it.
    fn lost(&self) -> BoxFuture<'static, ()>;
}

/// Some records of a journal.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Page {
    /// Records in order; empty at the end of the journal.
    pub records: Vec<Record>,
    /// Where to read on.
    pub next: Seq,
}

impl Page {
    /// Records in order, and where to read on.
    pub fn new(records: Vec<Record>, next: Seq) -> Self {
        Self { records, next }
    }
}
