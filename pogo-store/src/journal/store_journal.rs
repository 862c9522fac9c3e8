//! The trait `Journal` over a directory.

use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::Digest;
use pogo_core::journal::{Acquire, Journal, JournalError, OwnedJournal, Owner, Page, Seq, Snapshot};

use super::contents::read_content;
use super::owned::Owned;
use super::snapshots::latest_snapshot;
use crate::blocking::{flat, spawn_blocking};
use crate::shared::Shared;

/// The journal of a namespace in a [`Store`](crate::Store).
///
/// Records are durable when an append returns. One process at a time owns it, and others read what it appends, at most
/// a fifth of a second later. A directory is never taken over by force from an owner that lives: [`Acquire::Force`] is
/// answered as [`Acquire::IfFree`]. No commit may take more than 8 MiB.
#[derive(Debug, Clone)]
pub struct StoreJournal {
    shared: Arc<Shared>,
}

impl StoreJournal {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Does this on another thread.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Arc<Shared>) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let shared = Arc::clone(&self.shared);
        flat(spawn_blocking(move || work(&shared)).await)
    }

    /// Whether there are records after this position.
    async fn has_after(&self, after: Seq) -> Result<bool, JournalError> {
        if let Some(durable) = self.shared.growth.durable() {
            return Ok(durable > after);
        }
        let read = self.run(move |shared| shared.reader.read(after, None)).await;
        match read {
            Ok(page) => Ok(!page.records.is_empty()),
            Err(JournalError::Compacted { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Journal for StoreJournal {
    async fn acquire(&self, owner: Owner, how: Acquire) -> Result<Box<dyn OwnedJournal>, JournalError> {
        loop {
            let listener = self.shared.growth.listen();
            let asked = owner.clone();
            match self.run(move |shared| Owned::acquire(shared, asked)).await {
                Err(JournalError::Held { .. }) if how == Acquire::Wait => {
                    self.shared.growth.wait_a_moment(listener).await;
                }
                owned => return owned.map(|owned| Box::new(owned) as _),
            }
        }
    }

    async fn latest_snapshot(&self) -> Result<Option<(Seq, Snapshot)>, JournalError> {
        self.run(|shared| latest_snapshot(&*shared.disk, &shared.dir)).await
    }

    async fn read(&self, from: Seq) -> Result<Page, JournalError> {
        if let Some(page) = self.shared.recent.read(from) {
            return Ok(page);
        }
        self.run(move |shared| shared.reader.read(from, shared.growth.durable()))
            .await
    }

    async fn content(&self, digest: Digest) -> Result<Vec<u8>, JournalError> {
        self.run(move |shared| read_content(&*shared.disk, &shared.content_dir(), digest))
            .await
    }

    async fn changed(&self, after: Seq) -> Result<(), JournalError> {
        loop {
            // Listens before it looks: what changes meanwhile must wake it too.
            let listener = self.shared.growth.listen();
            if self.has_after(after).await? {
                return Ok(());
            }
            self.shared.growth.wait(listener).await;
        }
    }
}
