//! A journal that passes everything on to one in memory, except for what a test intercepts.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;
use pogo_core::journal::{
    Acquire, Commit, Epoch, Journal, JournalError, MemoryJournal, OwnedJournal, Owner, OwnerId, Page, RestoredStore,
    Seq, Snapshot,
};
use pogo_core::scheduler::Incarnation;
use pogo_core::{Digest, Timestamp};

/// What is done in place of passing a call on. Everything that is not said here is passed on.
#[async_trait]
pub(crate) trait Interceptor: Send + Sync + 'static {
    async fn acquire(
        &self,
        journal: &MemoryJournal,
        owner: Owner,
        how: Acquire,
    ) -> Result<Box<dyn OwnedJournal>, JournalError> {
        journal.acquire(owner, how).await
    }

    async fn latest_snapshot(&self, journal: &MemoryJournal) -> Result<Option<(Seq, Snapshot)>, JournalError> {
        journal.latest_snapshot().await
    }

    async fn read(&self, journal: &MemoryJournal, from: Seq) -> Result<Page, JournalError> {
        journal.read(from).await
    }

    async fn append(&self, journal: &mut dyn OwnedJournal, commit: &Commit) -> Result<Seq, JournalError> {
        journal.append(commit).await
    }

    async fn store_time(&self) -> Result<Option<Timestamp>, JournalError> {
        Ok(None)
    }

    async fn confirm_restored(
        &self,
        journal: &mut dyn OwnedJournal,
        incarnation: Incarnation,
    ) -> Result<(), JournalError> {
        journal.confirm_restored(incarnation).await
    }

    async fn content(&self, journal: &MemoryJournal, digest: Digest) -> Result<Vec<u8>, JournalError> {
        journal.content(digest).await
    }

    async fn put_content(
        &self,
        journal: &mut dyn OwnedJournal,
        digest: Digest,
        bytes: &[u8],
    ) -> Result<(), JournalError> {
        journal.put_content(digest, bytes).await
    }

    fn snapshot(
        &self,
        journal: &dyn OwnedJournal,
        upto: Seq,
        state: Snapshot,
    ) -> BoxFuture<'static, Result<(), JournalError>> {
        journal.snapshot(upto, state)
    }
}

/// A journal in memory behind an interceptor.
pub(crate) struct Intercepted<P> {
    pub(crate) inner: MemoryJournal,
    pub(crate) interceptor: Arc<P>,
}

impl<P: Interceptor> Intercepted<P> {
    pub(crate) fn new(interceptor: P) -> Self {
        Self::over(MemoryJournal::new(), interceptor)
    }

    pub(crate) fn over(inner: MemoryJournal, interceptor: P) -> Self {
        let interceptor = Arc::new(interceptor);
        Self { inner, interceptor }
    }
}

struct Owned<P> {
    inner: Box<dyn OwnedJournal>,
    interceptor: Arc<P>,
}

#[async_trait]
impl<P: Interceptor> Journal for Intercepted<P> {
    async fn acquire(&self, owner: Owner, how: Acquire) -> Result<Box<dyn OwnedJournal>, JournalError> {
        let inner = self.interceptor.acquire(&self.inner, owner, how).await?;
        let interceptor = Arc::clone(&self.interceptor);
        Ok(Box::new(Owned { inner, interceptor }))
    }

    async fn latest_snapshot(&self) -> Result<Option<(Seq, Snapshot)>, JournalError> {
        self.interceptor.latest_snapshot(&self.inner).await
    }

    async fn read(&self, from: Seq) -> Result<Page, JournalError> {
        self.interceptor.read(&self.inner, from).await
    }

    async fn content(&self, digest: Digest) -> Result<Vec<u8>, JournalError> {
        self.interceptor.content(&self.inner, digest).await
    }

    async fn changed(&self, after: Seq) -> Result<(), JournalError> {
        self.inner.changed(after).await
    }

    async fn store_time(&self) -> Result<Option<Timestamp>, JournalError> {
        self.interceptor.store_time().await
    }
}

#[async_trait]
impl<P: Interceptor> OwnedJournal for Owned<P> {
    fn epoch(&self) -> Epoch {
        self.inner.epoch()
    }

    fn previous_owner(&self) -> Option<OwnerId> {
        self.inner.previous_owner()
    }

    fn end(&self) -> Seq {
        self.inner.end()
    }

    fn restored(&self) -> Option<RestoredStore> {
        self.inner.restored()
    }

    async fn confirm_restored(&mut self, incarnation: Incarnation) -> Result<(), JournalError> {
        self.interceptor
            .confirm_restored(self.inner.as_mut(), incarnation)
            .await
    }

    async fn append(&mut self, commit: &Commit) -> Result<Seq, JournalError> {
        self.interceptor.append(self.inner.as_mut(), commit).await
    }

    async fn put_content(&mut self, digest: Digest, bytes: &[u8]) -> Result<(), JournalError> {
        self.interceptor.put_content(self.inner.as_mut(), digest, bytes).await
    }

    fn snapshot(&self, upto: Seq, state: Snapshot) -> BoxFuture<'static, Result<(), JournalError>> {
        self.interceptor.snapshot(self.inner.as_ref(), upto, state)
    }

    fn lost(&self) -> BoxFuture<'static, ()> {
        self.inner.lost()
    }
}
