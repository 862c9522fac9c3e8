//! A namespace in ZooKeeper, as it is copied.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use pogo_core::journal::{Acquire, Epoch, Journal, JournalError, OwnedJournal, Seq, Snapshot};
use pogo_core::output::{OutputSource, OutputStore};
use pogo_core::scheduler::{JobId, Record};
use pogo_core::{Digest, Timestamp};
use zookeeper_client::Client;

use super::begin::failed;
use crate::Store;
use crate::blocking::spawn_blocking;
use crate::copy::{CopyError, CopySource, Head, copier};
use crate::error::StoreError;
#[cfg(feature = "object-store")]
use crate::objects::ObjectOutput;
use crate::remote::Failed;
use crate::zookeeper::commits::{FoundCommit, answer};
use crate::zookeeper::error::RequestError;
use crate::zookeeper::head::VersionedHead;
use crate::zookeeper::history::Archived;
use crate::zookeeper::holder::NamespaceState;
use crate::zookeeper::namespace_shared::NamespaceShared;
use crate::zookeeper::snapshots::read_snapshot;
use crate::zookeeper::tree::seqs_below;
use crate::zookeeper::{OutputStorage, ZookeeperNamespace};

/// A namespace that is owned, so that nobody else writes to it; or one that was written just now.
pub(super) struct ZookeeperSource {
    namespace: ZookeeperNamespace,
    output: OutputStorage,
    /// The epoch before it was owned for this.
    epoch: Option<Epoch>,
    /// The nodes of the history that have records of a job.
    old: tokio::sync::Mutex<OldJobs>,
    /// Kept for its end alone, so that any thread may have the rest.
    _owned: Option<Mutex<Box<dyn OwnedJournal>>>,
}

/// Where the records of old jobs are.
#[derive(Default)]
struct OldJobs {
    nodes: BTreeMap<JobId, Vec<Archived>>,
    /// The node that was read last: jobs that follow each other share one.
    last: Option<(Seq, Arc<FoundCommit>)>,
}

impl ZookeeperSource {
    /// Owns the namespace as long as this is there.
    ///
    /// # Errors
    /// [`JournalError::Held`] if somebody else does.
    pub(super) async fn own(
        namespace: ZookeeperNamespace,
        output: &OutputStorage,
        now: Timestamp,
    ) -> Result<Self, CopyError> {
        let owned = namespace.journal().acquire(copier(now), Acquire::IfFree).await?;
        // Owning it raised the epoch; a copy says which one the last dispatcher had.
        let epoch = Epoch(owned.epoch().0.saturating_sub(1));
        Ok(Self {
            epoch: Some(epoch),
            _owned: Some(Mutex::new(owned)),
            ..Self::of(namespace, output)
        })
    }

    /// One that nobody can own.
    pub(super) fn of(namespace: ZookeeperNamespace, output: &OutputStorage) -> Self {
        Self {
            namespace,
            output: output.clone(),
            epoch: None,
            old: tokio::sync::Mutex::default(),
            _owned: None,
        }
    }

    async fn ask<T: Send + 'static, E: Into<RequestError> + 'static>(
        &self,
        ask: impl AsyncFn(&Client, &NamespaceShared) -> Result<T, E> + Send + 'static,
    ) -> Result<T, CopyError> {
        let shared = Arc::clone(self.namespace.shared());
        let asked = move || async move {
            let sessions = &shared.store.sessions;
            sessions.ask(async |client| ask(client, &shared).await).await
        };
        let answer: Result<_, Failed> = self.namespace.shared().store.runtime.run(asked).await;
        answer.and_then(|answer| answer).map_err(failed)
    }

    async fn node(&self, old: &mut OldJobs, node: Archived) -> Result<Arc<FoundCommit>, CopyError> {
        if let Some((at, found)) = &old.last
            && *at == node.at
        {
            return Ok(Arc::clone(found));
        }
        let found = self.ask(async move |client, shared| {
            let (data, _) = client.get_data(&node.path(&shared.paths)).await?;
            answer(FoundCommit::of(client, &shared.paths, (node.at, &data)).await)
        });
        let found = Arc::new(found.await??);
        old.last = Some((node.at, Arc::clone(&found)));
        Ok(found)
    }
}

#[async_trait]
impl CopySource for ZookeeperSource {
    async fn head(&self) -> Result<Head, CopyError> {
        let epoch = self.epoch;
        self.ask(async move |client, shared| {
            let end = VersionedHead::read(client, &shared.paths).await?.head.end;
            let commits = seqs_below(client, &shared.paths.commits).await?;
            let state = NamespaceState::find(client, &shared.paths).await?;
            let now = state.map_or(Epoch(0), |state| Epoch(state.node.epoch));
            Ok::<_, RequestError>(Head {
                number: shared.number(client).await?,
                epoch: epoch.unwrap_or(now),
                first: commits.first().copied().unwrap_or(end),
            })
        })
        .await
    }

    fn journal(&self) -> Arc<dyn Journal> {
        self.namespace.journal()
    }

    fn output(&self) -> Arc<dyn OutputStore> {
        self.namespace.output_at(&self.output)
    }

    async fn old_jobs(&self) -> Result<Vec<JobId>, CopyError> {
        let all = self.ask(async |client, shared| Archived::all(client, &shared.paths).await);
        let mut old = self.old.lock().await;
        *old = OldJobs::default();
        for node in all.await? {
            let found = self.node(&mut old, node).await?;
            for job in &found.about.jobs {
                old.nodes.entry(*job).or_default().push(node);
            }
        }
        Ok(old.nodes.keys().copied().collect())
    }

    async fn old_events(&self, job: JobId, before: Seq) -> Result<Vec<(Seq, Record)>, CopyError> {
        let mut old = self.old.lock().await;
        let mut events = vec![];
        for node in old.nodes.get(&job).cloned().unwrap_or_default() {
            let found = self.node(&mut old, node).await?;
            let records = found.positioned(Seq(0))?.into_iter();
            // Some may still be in the journal as well.
            events.extend(records.filter(|(at, record)| record.event.job() == Some(job) && *at < before));
        }
        Ok(events)
    }

    async fn snapshots(&self) -> Result<Vec<Seq>, CopyError> {
        self.ask(async |client, shared| seqs_below(client, &shared.paths.snapshots).await)
            .await
    }

    async fn snapshot(&self, upto: Seq) -> Result<Snapshot, CopyError> {
        let state = self.ask(async move |client, shared| read_snapshot(client, &shared.paths, upto).await);
        let state = state.await?;
        state.map_err(|message| JournalError::Corrupt { at: upto, message }.into())
    }

    async fn content(&self) -> Result<Vec<Digest>, CopyError> {
        let names = self.ask(async |client, shared| client.list_children(&shared.paths.content).await);
        let mut digests: Vec<Digest> = names.await?.iter().filter_map(|name| name.parse().ok()).collect();
        digests.sort();
        Ok(digests)
    }

    async fn attempts(&self) -> Result<Vec<(OutputSource, Option<u64>)>, CopyError> {
        let name = &self.namespace.shared().name;
        match &self.output {
            OutputStorage::Directory(directory) => of_directory(directory, name).await,
            #[cfg(feature = "object-store")]
            OutputStorage::Objects(storage) => {
                let number = self.ask(async |client, shared| shared.number(client).await).await?;
                let output = ObjectOutput::new(storage.clone(), format!("{name}-{number}"));
                output.attempts().await.map_err(CopyError::other)
            }
        }
    }
}

/// All attempts of which a directory has output, and how much those have written that have ended.
async fn of_directory(directory: &Path, name: &str) -> Result<Vec<(OutputSource, Option<u64>)>, CopyError> {
    let store = match Store::open_existing(directory) {
        // Nothing was ever written by this machine.
        Err(StoreError::Missing { .. }) => return Ok(vec![]),
        store => store.map_err(CopyError::other)?,
    };
    let namespace = store.namespace(name).map_err(CopyError::other)?;
    let shared = Arc::clone(namespace.shared());
    let attempts = spawn_blocking(move || shared.outputs.attempts()).await;
    let mut attempts = attempts.map_err(CopyError::other)?.map_err(CopyError::other)?;
    attempts.sort();
    Ok(attempts)
}
