//! The trait `Journal` over PostgreSQL.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::LocalBoxFuture;

use pogo_core::journal::{Acquire, Journal, JournalError, OwnedJournal, Owner, Page, Seq, Snapshot};
use pogo_core::{Digest, Timestamp};

use super::clock::store_time;
use super::commits::read;
use super::contents::read_content;
use super::hold::OwnershipSlot;
use super::owned::acquire;
use super::pool::Pooled;
use super::shared::NamespaceShared;
use super::snapshots::latest_snapshot;
use crate::remote::{Answer, Failed};

/// The journal of a namespace in PostgreSQL.
///
/// Records are durable when an append returns: flushed by the server and by the standbys that it waits for. One process
/// at a time owns it; others read what it appends, at most a fifth of a second later. An owner that has not counted
/// through a [timeout](super::Heartbeat) in which the store answered is taken over from; `Acquire::Force` does so at
/// once. No commit may take more than 8 MiB.
#[derive(Debug, Clone)]
pub struct PostgresJournal {
    shared: Arc<NamespaceShared>,
    ownership: Arc<OwnershipSlot>,
}

impl PostgresJournal {
    pub(super) fn new(shared: Arc<NamespaceShared>, ownership: Arc<OwnershipSlot>) -> Self {
        Self { shared, ownership }
    }

    /// Asks over one of the connections that anybody may use. A namespace that nobody ever owned has nothing, which is
    /// what `empty` says.
    async fn ask<T: Send + 'static>(
        &self,
        empty: Result<T, JournalError>,
        ask: impl for<'a> FnOnce(&'a mut Pooled<'_>, i64) -> LocalBoxFuture<'a, Answer<T>> + Send + 'static,
    ) -> Result<T, JournalError> {
        let shared = Arc::clone(&self.shared);
        let asked = move || async move {
            let mut pooled = shared.store.pool.get().await?;
            let answer = match shared.find(&mut pooled).await {
                Ok(Some(namespace)) => ask(&mut pooled, namespace).await,
                Ok(None) => Ok(empty),
                Err(failed) => Err(failed),
            };
            pooled.done(answer)
        };
        let answer = self.shared.store.runtime.run(asked).await;
        answer.and_then(|answer| answer).map_err(Failed::unavailable)?
    }

    /// Whether there are records after this position.
    async fn has_after(&self, after: Seq) -> Result<bool, JournalError> {
        if let Some(durable) = self.shared.growth.durable() {
            return Ok(durable > after);
        }
        match self.read(after).await {
            Ok(page) => Ok(!page.records.is_empty()),
            Err(JournalError::Compacted { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Journal for PostgresJournal {
    async fn acquire(&self, owner: Owner, how: Acquire) -> Result<Box<dyn OwnedJournal>, JournalError> {
        let (shared, ownership) = (Arc::clone(&self.shared), Arc::clone(&self.ownership));
        let owned = self
            .shared
            .store
            .runtime
            .run(move || async move { acquire(shared, &ownership, owner, how).await })
            .await;
        owned.map_err(Failed::unavailable)?.map(|owned| Box::new(owned) as _)
    }

    async fn latest_snapshot(&self) -> Result<Option<(Seq, Snapshot)>, JournalError> {
        self.ask(Ok(None), |pooled, namespace| {
            Box::pin(latest_snapshot(pooled, namespace))
        })
        .await
    }

    async fn read(&self, from: Seq) -> Result<Page, JournalError> {
        let empty = Page::new(vec![], from);
        self.ask(Ok(empty), move |pooled, namespace| {
            Box::pin(read(pooled, namespace, from))
        })
        .await
    }

    async fn content(&self, digest: Digest) -> Result<Vec<u8>, JournalError> {
        self.ask(Err(JournalError::NoContent { digest }), move |pooled, namespace| {
            Box::pin(read_content(pooled, namespace, digest))
        })
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

    async fn store_time(&self) -> Result<Option<Timestamp>, JournalError> {
        let shared = Arc::clone(&self.shared);
        let asked = move || async move {
            let mut pooled = shared.store.pool.get().await?;
            let time = store_time(&mut pooled).await;
            pooled.done(time)
        };
        let time = self.shared.store.runtime.run(asked).await;
        time.and_then(|time| time).map(Some).map_err(Failed::unavailable)
    }
}
