//! A namespace of a new directory, as it is written from another kind of store.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use pogo_core::journal::{
    Acquire, Commit, Epoch, Journal, JournalError, Nonce, OwnedJournal, Owner, OwnerId, Seq, Snapshot,
};
use pogo_core::output::{OutputFrame, OutputSource, OutputStore};
use pogo_core::scheduler::{JobId, Record};
use pogo_core::{Digest, Timestamp};

use super::on_directory::on_directory;
use super::{CopyError, CopyMark, CopyTarget, Head};
use crate::error::StoreError;
use crate::history::add_events;
use crate::journal::{EncodedCommit, Reserve, Writer, put_content, segment_file, write_snapshot};
use crate::namespace::Namespace;
use crate::namespace_id::write_this_id;
use crate::shared::Shared;

/// A namespace that is written.
pub(crate) struct DirectoryTarget {
    namespace: Namespace,
    /// Where it is copied from, and when.
    from: (String, Timestamp),
    epoch: Epoch,
    writer: Option<Writer>,
    /// It, as whoever writes output has to be its owner.
    owned: Option<Mutex<Box<dyn OwnedJournal>>>,
}

/// What belongs to whoever wrote the copy, and not to the copy.
const OF_OWNER: [&str; 3] = ["lock", "owner", "reserve"];

impl DirectoryTarget {
    pub(crate) fn new(namespace: Namespace, from: (String, Timestamp)) -> Self {
        // Nothing expires while it is written.
        namespace.set_retention(None);
        Self {
            namespace,
            from,
            epoch: Epoch(0),
            writer: None,
            owned: None,
        }
    }

    async fn write<T, E>(&self, work: impl FnOnce(&Shared) -> Result<T, E> + Send + 'static) -> Result<T, CopyError>
    where
        T: Send + 'static,
        E: Into<StoreError>,
    {
        on_directory(&self.namespace, work).await
    }

    /// The store of its output, once all else is there.
    async fn output_store(&mut self) -> Result<Arc<dyn OutputStore>, CopyError> {
        self.writer = None;
        if self.owned.is_none() {
            let owner = Owner::new(OwnerId("whoever copies it".into()), Nonce(0), self.from.1);
            // Only now: whoever acquires a journal repairs its end, and the writer above would not
            // know of that.
            let owned = self.namespace.journal().acquire(owner, Acquire::IfFree).await?;
            self.owned = Some(Mutex::new(owned));
        }
        Ok(self.namespace.output())
    }

    /// Removes what says who owned it: nobody ever owned the copy, which may go to another machine.
    pub(crate) async fn finish(self) -> Result<(), CopyError> {
        self.write(|shared| {
            for name in OF_OWNER {
                shared.disk.remove(&shared.dir.join(name))?;
            }
            shared.disk.sync_dir(&shared.dir)
        })
        .await
    }

    /// Gives it back, so that it can be read again.
    pub(crate) fn release(&mut self) {
        self.writer = None;
        self.owned = None;
    }
}

#[async_trait]
impl CopyTarget for DirectoryTarget {
    async fn begin(&mut self, head: &Head) -> Result<(), CopyError> {
        self.epoch = head.epoch;
        let (head, (from, at)) = (head.clone(), self.from.clone());
        let writer = self.write(move |shared| {
            shared.create()?;
            let (disk, dir) = (&*shared.disk, &shared.dir);
            write_this_id(disk, dir, &head.number)?;
            CopyMark::new(from, at, head.epoch).write(disk, dir)?;
            let journal = shared.journal_dir();
            disk.open(&segment_file(&journal, head.first))?.sync()?;
            disk.sync_dir(&journal)?;
            let reserve = Reserve::new(
                disk,
                dir.join("reserve"),
                shared.limits.reserve,
                Arc::clone(&shared.reserve),
            );
            let (writer, _) = Writer::open(Arc::clone(&shared.disk), journal, shared.limits.segment, reserve)?;
            Ok::<_, StoreError>(writer)
        });
        self.writer = Some(writer.await?);
        Ok(())
    }

    async fn old_events(&mut self, job: JobId, events: Vec<(Seq, Record)>) -> Result<(), CopyError> {
        self.write(move |shared| add_events(&*shared.disk, &shared.job_dir(job), &events))
            .await
    }

    async fn records(&mut self, commit: Commit) -> Result<(), CopyError> {
        let (epoch, writer) = (self.epoch, self.writer.take());
        let mut writer = writer.ok_or_else(|| CopyError::other("records come before output"))?;
        let appended = self.write(move |_| {
            let encoded = EncodedCommit::new(&commit, epoch, usize::MAX)?;
            writer.append(&encoded)?;
            Ok::<_, JournalError>(writer)
        });
        self.writer = Some(appended.await?);
        Ok(())
    }

    async fn snapshot(&mut self, upto: Seq, state: Snapshot) -> Result<(), CopyError> {
        self.write(move |shared| write_snapshot(&*shared.disk, &shared.dir, upto, &state))
            .await
    }

    async fn content(&mut self, digest: Digest, bytes: Vec<u8>) -> Result<(), CopyError> {
        self.write(move |shared| put_content(&*shared.disk, &shared.content_dir(), (digest, &bytes), || false))
            .await
    }

    async fn output(&mut self, frames: Vec<OutputFrame>) -> Result<(), CopyError> {
        let store = self.output_store().await?;
        store.append(&frames).await.map_err(CopyError::other)
    }

    async fn seal(&mut self, source: OutputSource, length: u64) -> Result<(), CopyError> {
        let store = self.output_store().await?;
        store.seal(&source, length).await.map(drop).map_err(CopyError::other)
    }
}
