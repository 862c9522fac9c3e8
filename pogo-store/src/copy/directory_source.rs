//! A namespace of a directory, as it is copied to another kind of store.

use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::Digest;
use pogo_core::history::JobEventsQuery;
use pogo_core::journal::{Epoch, Journal, Seq, Snapshot};
use pogo_core::output::{OutputSource, OutputStore};
use pogo_core::scheduler::{JobId, Record};

use super::copy_mark::read_mark;
use super::on_directory::on_directory;
use super::{CopyError, CopySource, Head};
use crate::blocking::spawn_blocking;
use crate::error::StoreError;
use crate::history::kept_events;
use crate::journal::{list_content, list_segments, list_snapshots, read_snapshot};
use crate::namespace::Namespace;
use crate::namespace_id::read_id;
use crate::owner::{Claim, Locked};
use crate::shared::Shared;

/// A namespace that is locked, so that nobody owns it.
pub(crate) struct DirectorySource {
    namespace: Namespace,
    /// The epoch of its last owner.
    epoch: Epoch,
    _locked: Locked,
}

impl DirectorySource {
    /// # Errors
    /// [`JournalError::Held`](pogo_core::journal::JournalError::Held) if somebody owns it.
    pub(crate) async fn lock(namespace: Namespace) -> Result<Self, CopyError> {
        let shared = Arc::clone(namespace.shared());
        let locked = spawn_blocking(move || {
            let locked = Claim::lock(&*shared.disk, &shared.dir, &shared.machine)?;
            let mark = read_mark(&*shared.disk, &shared.dir)?;
            let epoch = mark.map_or(Epoch(0), |mark| mark.epoch).max(locked.last_epoch());
            Ok::<_, CopyError>((epoch, locked))
        });
        let (epoch, locked) = locked.await.map_err(CopyError::other)??;
        Ok(Self {
            namespace,
            epoch,
            _locked: locked,
        })
    }

    async fn read<T, E>(&self, work: impl FnOnce(&Shared) -> Result<T, E> + Send + 'static) -> Result<T, CopyError>
    where
        T: Send + 'static,
        E: Into<StoreError>,
    {
        on_directory(&self.namespace, work).await
    }
}

#[async_trait]
impl CopySource for DirectorySource {
    async fn head(&self) -> Result<Head, CopyError> {
        let epoch = self.epoch;
        self.read(move |shared| {
            let number = read_id(&*shared.disk, &shared.dir)?;
            let segments = list_segments(&*shared.disk, &shared.journal_dir())?;
            Ok::<_, StoreError>(Head {
                // One without a number never dispatched anything.
                number: number.unwrap_or_else(|| "0".to_owned()),
                epoch,
                first: segments.first().copied().unwrap_or_default(),
            })
        })
        .await
    }

    fn journal(&self) -> Arc<dyn Journal> {
        self.namespace.journal()
    }

    fn output(&self) -> Arc<dyn OutputStore> {
        self.namespace.output()
    }

    async fn old_jobs(&self) -> Result<Vec<JobId>, CopyError> {
        self.read(|shared| {
            let mut jobs = shared.outputs.jobs()?;
            jobs.sort();
            Ok::<_, std::io::Error>(jobs)
        })
        .await
    }

    async fn old_events(&self, job: JobId, before: Seq) -> Result<Vec<(Seq, Record)>, CopyError> {
        self.read(move |shared| {
            let all = JobEventsQuery::of(job).limit(usize::MAX);
            let events = kept_events(&*shared.disk, &shared.job_dir(job), &all)?;
            // Some may still be in the journal as well.
            Ok::<_, std::io::Error>(events.into_iter().filter(|(at, _)| *at < before).collect())
        })
        .await
    }

    async fn snapshots(&self) -> Result<Vec<Seq>, CopyError> {
        self.read(|shared| {
            let mut snapshots = list_snapshots(&*shared.disk, &shared.dir)?;
            snapshots.sort();
            Ok::<_, std::io::Error>(snapshots)
        })
        .await
    }

    async fn snapshot(&self, upto: Seq) -> Result<Snapshot, CopyError> {
        self.read(move |shared| read_snapshot(&*shared.disk, &shared.dir, upto))
            .await
    }

    async fn content(&self) -> Result<Vec<Digest>, CopyError> {
        self.read(|shared| {
            let mut digests = list_content(&*shared.disk, &shared.content_dir())?;
            digests.sort();
            Ok::<_, std::io::Error>(digests)
        })
        .await
    }

    async fn attempts(&self) -> Result<Vec<(OutputSource, Option<u64>)>, CopyError> {
        self.read(|shared| {
            let mut attempts = shared.outputs.attempts()?;
            attempts.sort();
            Ok::<_, std::io::Error>(attempts)
        })
        .await
    }
}
