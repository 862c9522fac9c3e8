//! The trait `OwnedJournal` over a server.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::{BoxFuture, FutureExt};
use pogo_core::Digest;
use pogo_core::journal::{Commit, Epoch, JournalError, OwnedJournal, OwnerId, RestoredStore, Seq, Snapshot};
use pogo_core::scheduler::{Incarnation, Record};

use super::{Failed, MAX_COMMIT, Runtime};
use crate::owner::Ended;

/// How long the end of an ownership waits until the store knows of it. A store that is away finds out by itself.
const GIVE_BACK_WITHIN: Duration = Duration::from_secs(2);

/// An ownership, as its store keeps it. What waits for the server runs on the thread of the store, and need not be
/// `Send`.
pub(crate) trait Ownership: Send + Sync + 'static {
    /// A commit as the store writes it.
    type Encoded: Send + 'static;

    fn runtime(&self) -> &Runtime;

    fn epoch(&self) -> Epoch;

    fn ended(&self) -> &Ended;

    /// Done by whoever appends, so that the thread of the store is there for others.
    fn encode(&self, commit: &Commit) -> Result<Self::Encoded, JournalError>;

    /// Gives the end of the journal after it.
    async fn append(&self, encoded: Self::Encoded, records: Vec<Record>) -> Result<Seq, JournalError>;

    /// Keeps content whose digest is right.
    async fn put_content(&self, digest: Digest, bytes: Vec<u8>) -> Result<(), JournalError>;

    async fn snapshot(&self, upto: Seq, state: Snapshot) -> Result<(), JournalError>;

    async fn confirm_restored(&self) -> Result<(), JournalError>;

    /// Says that nobody owns it any more.
    async fn give_back(&self);
}

/// A journal that this process owns.
pub(crate) struct RemoteOwned<O: Ownership> {
    ownership: Arc<O>,
    inherited: Inherited,
}

/// What an owner finds.
pub(crate) struct Inherited {
    pub(crate) previous: Option<OwnerId>,
    pub(crate) end: Seq,
    pub(crate) restored: Option<RestoredStore>,
}

impl<O: Ownership> RemoteOwned<O> {
    pub(crate) fn new(ownership: Arc<O>, inherited: Inherited) -> Self {
        Self { ownership, inherited }
    }

    /// Does this on the thread of the store, to its end.
    async fn run<T, F>(&self, work: impl FnOnce(Arc<O>) -> F + Send + 'static) -> Result<T, JournalError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, JournalError>> + 'static,
    {
        let ownership = Arc::clone(&self.ownership);
        let done = self.ownership.runtime().run(move || work(ownership)).await;
        done.map_err(Failed::unavailable)?
    }
}

impl<O: Ownership> Drop for RemoteOwned<O> {
    fn drop(&mut self) {
        let (said, heard) = std::sync::mpsc::channel();
        let ownership = Arc::clone(&self.ownership);
        self.ownership.runtime().spawn(move || async move {
            ownership.give_back().await;
            let _ = said.send(());
        });
        // Whoever waits for the namespace gets it at once, even if this process ends now. The thread that does it
        // cannot wait for itself: it drops what nobody awaited.
        if !self.ownership.runtime().is_current() {
            let _ = heard.recv_timeout(GIVE_BACK_WITHIN);
        }
    }
}

#[async_trait]
impl<O: Ownership> OwnedJournal for RemoteOwned<O> {
    fn epoch(&self) -> Epoch {
        self.ownership.epoch()
    }

    fn previous_owner(&self) -> Option<OwnerId> {
        self.inherited.previous.clone()
    }

    fn end(&self) -> Seq {
        self.inherited.end
    }

    fn restored(&self) -> Option<RestoredStore> {
        self.inherited.restored
    }

    async fn confirm_restored(&mut self, _: Incarnation) -> Result<(), JournalError> {
        if self.inherited.restored.is_some() {
            self.run(|ownership| async move { ownership.confirm_restored().await })
                .await?;
            self.inherited.restored = None;
        }
        Ok(())
    }

    fn max_commit(&self) -> Option<usize> {
        Some(MAX_COMMIT)
    }

    async fn append(&mut self, commit: &Commit) -> Result<Seq, JournalError> {
        let encoded = self.ownership.encode(commit)?;
        let records = commit.records.clone();
        self.inherited.end = self
            .run(|ownership| async move { ownership.append(encoded, records).await })
            .await?;
        Ok(self.inherited.end)
    }

    async fn put_content(&mut self, digest: Digest, bytes: &[u8]) -> Result<(), JournalError> {
        if Digest::of(bytes) != digest {
            return Err(JournalError::WrongContent { digest });
        }
        let bytes = bytes.to_vec();
        self.run(move |ownership| async move { ownership.put_content(digest, bytes).await })
            .await
    }

    fn snapshot(&self, upto: Seq, state: Snapshot) -> BoxFuture<'static, Result<(), JournalError>> {
        // A snapshot that waits for its turn does not keep a journal owned that was given back.
        let (ownership, runtime) = (Arc::downgrade(&self.ownership), self.ownership.runtime().clone());
        let store = move || async move {
            match ownership.upgrade().filter(|ownership| !ownership.ended().is_over()) {
                Some(ownership) => ownership.snapshot(upto, state).await,
                None => Err(JournalError::Fenced),
            }
        };
        async move { runtime.run(store).await.map_err(Failed::unavailable)? }.boxed()
    }

    fn lost(&self) -> BoxFuture<'static, ()> {
        let ownership = Arc::clone(&self.ownership);
        async move { ownership.ended().wait().await }.boxed()
    }
}
