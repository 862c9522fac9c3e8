//! The trait `Journal` over ZooKeeper.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pogo_core::journal::{Acquire, Journal, JournalError, OwnedJournal, Owner, Page, Seq, Snapshot};
use pogo_core::{Digest, Timestamp};
use tokio::sync::oneshot;
use zookeeper_client::{Client, Error, OneshotWatcher};

use super::commits::read_page;
use super::contents::read_content;
use super::error::RequestError;
use super::head::VersionedHead;
use super::namespace_shared::NamespaceShared;
use super::owned::acquire;
use super::snapshots::latest_snapshot;
use crate::remote::Failed;

/// The journal of a namespace in ZooKeeper.
///
/// Records are durable when an append returns: most servers of the ensemble have them on disk. One process at a time
/// owns it; others read what it appends, as soon as it is there. An owner whose session has ended is taken over from;
/// `Acquire::Force` does so at once. No commit may take more than 8 MiB.
#[derive(Debug, Clone)]
pub struct ZookeeperJournal {
    shared: Arc<NamespaceShared>,
}

/// A watch is no promise; what it would have said is looked for this often.
const LOOK_EVERY: Duration = Duration::from_secs(5);

impl ZookeeperJournal {
    pub(super) fn new(shared: Arc<NamespaceShared>) -> Self {
        Self { shared }
    }

    /// Asks by the session that anybody may use.
    async fn ask<T: Send + 'static>(
        &self,
        ask: impl AsyncFn(&Client, &NamespaceShared) -> Result<Result<T, JournalError>, RequestError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let shared = Arc::clone(&self.shared);
        let asked = move || async move {
            shared
                .store
                .sessions
                .ask(async |client| ask(client, &shared).await)
                .await
        };
        let answer: Result<_, Failed> = self.shared.store.runtime.run(asked).await;
        answer.and_then(|answer| answer).map_err(Failed::unavailable)?
    }

    /// Waits until there are records after this position, for as long as somebody waits for that.
    async fn grown(&self, after: Seq) -> Result<(), JournalError> {
        let shared = Arc::clone(&self.shared);
        let (_waiting, mut gone) = oneshot::channel::<()>();
        let wait = move || async move {
            loop {
                let looked = shared
                    .store
                    .sessions
                    .ask(async |client| look(client, &shared).await)
                    .await?;
                let (end, watch) = looked;
                if end > after {
                    return Ok(());
                }
                tokio::select! {
                    _ = &mut gone => return Ok(()),
                    _ = watch.changed() => {}
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
        };
        let waited: Result<Result<(), Failed>, Failed> = self.shared.store.runtime.run(wait).await;
        waited.and_then(|waited| waited).map_err(Failed::unavailable)
    }
}

/// Where the journal ends, and what tells that it has grown.
async fn look(client: &Client, shared: &NamespaceShared) -> Result<(Seq, OneshotWatcher), RequestError> {
    client.sync(&shared.paths.head).await?;
    let (there, watch) = client.check_and_watch_stat(&shared.paths.head).await?;
    let end = match there {
        Some(_) => {
            VersionedHead::of(&client.get_data(&shared.paths.head).await?, &shared.paths)?
                .head
                .end
        }
        None => Seq(0),
    };
    Ok((end, watch))
}

#[async_trait]
impl Journal for ZookeeperJournal {
    async fn acquire(&self, owner: Owner, how: Acquire) -> Result<Box<dyn OwnedJournal>, JournalError> {
        let shared = Arc::clone(&self.shared);
        // It is dropped with this future, so that nobody goes on waiting in the name of whoever is gone.
        let (_waiting, gone) = oneshot::channel();
        let acquire = move || acquire(shared, owner, how, gone);
        let owned: Result<_, Failed> = self.shared.store.runtime.run(acquire).await;
        owned.map_err(Failed::unavailable)?.map(|owned| Box::new(owned) as _)
    }

    async fn latest_snapshot(&self) -> Result<Option<(Seq, Snapshot)>, JournalError> {
        self.ask(async |client, shared| Ok(latest_snapshot(client, &shared.paths).await?))
            .await
    }

    async fn read(&self, from: Seq) -> Result<Page, JournalError> {
        let shared = Arc::clone(&self.shared);
        let read = move || async move { read_page(&shared.store.sessions, &shared.paths, from).await };
        let page: Result<_, Failed> = self.shared.store.runtime.run(read).await;
        page.and_then(|page| page).map_err(Failed::unavailable)?
    }

    async fn content(&self, digest: Digest) -> Result<Vec<u8>, JournalError> {
        self.ask(async move |client, shared| Ok(read_content(client, &shared.paths, digest).await?))
            .await
    }

    async fn changed(&self, after: Seq) -> Result<(), JournalError> {
        loop {
            // Listens before it looks: what changes meanwhile must wake it too.
            let listener = self.shared.growth.listen();
            match self.shared.growth.durable() {
                Some(durable) if durable > after => return Ok(()),
                Some(_) => listener.await,
                None => {
                    let grown = pin!(self.grown(after));
                    match futures::future::select(grown, listener).await {
                        futures::future::Either::Left((grown, _)) => return grown,
                        // The owner is in this process from now on.
                        futures::future::Either::Right(_) => {}
                    }
                }
            }
        }
    }

    async fn store_time(&self) -> Result<Option<Timestamp>, JournalError> {
        self.ask(async |client, shared| {
            // The leader gives each change its own time.
            let stat = match client.set_data(&shared.paths.clock, b"", None).await {
                Err(Error::NoNode) => {
                    shared.create(client).await?;
                    client.set_data(&shared.paths.clock, b"", None).await?
                }
                stat => stat?,
            };
            Ok(Ok(u64::try_from(stat.mtime).ok().map(Timestamp::from_millis)))
        })
        .await
    }
}
