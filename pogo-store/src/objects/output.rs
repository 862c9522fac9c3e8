//! The output of a namespace, by whoever writes and reads it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pogo_core::output::{OutputBatch, OutputError, OutputFrame, OutputPage, OutputSource, OutputStore, Stream};
use pogo_core::scheduler::{AttemptId, JobId};
use pogo_core::{Digest, Timestamp};

use super::ObjectStorage;
use super::check::DamagedObject;
use super::names::WriterId;
use super::reader::ObjectReader;
use super::writer::{ObjectWriter, WriterKind};
use crate::Pruned;
use crate::remote::Failed;

/// Reads the output of a namespace. What waits for the store runs on its thread, so any executor can await it.
#[derive(Clone)]
pub(crate) struct ObjectOutput {
    reader: Arc<ObjectReader>,
}

/// Writes it too, in the name of one owner.
#[derive(Clone)]
pub(crate) struct ObjectOwner {
    reader: Arc<ObjectReader>,
    writer: Arc<ObjectWriter>,
}

impl ObjectOutput {
    /// That of a namespace, by a name that no other has.
    pub(crate) fn new(storage: ObjectStorage, namespace: String) -> Self {
        Self {
            reader: Arc::new(ObjectReader::new(storage, namespace)),
        }
    }

    /// The output by this owner.
    pub(crate) fn owner(&self, id: WriterId) -> ObjectOwner {
        self.writing(id, WriterKind::Dispatcher)
    }

    /// The output by whoever copies to it as this owner. What it seals is stored when it is closed.
    pub(crate) fn copier(&self, id: WriterId) -> ObjectOwner {
        self.writing(id, WriterKind::Copier)
    }

    fn writing(&self, id: WriterId, kind: WriterKind) -> ObjectOwner {
        ObjectOwner {
            reader: Arc::clone(&self.reader),
            writer: Arc::new(ObjectWriter::new(Arc::clone(&self.reader), id, kind)),
        }
    }

    async fn run<T, F>(&self, work: impl FnOnce(Arc<ObjectReader>) -> F + Send + 'static) -> Result<T, OutputError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, OutputError>> + 'static,
    {
        let reader = Arc::clone(&self.reader);
        let done: Result<_, Failed> = self.reader.storage.runtime.run(move || work(reader)).await;
        done.map_err(unavailable)?
    }

    pub(crate) async fn read(
        &self,
        attempt: (JobId, AttemptId),
        stream: Stream,
        range: Range<u64>,
    ) -> Result<OutputPage, OutputError> {
        self.run(move |reader| async move { reader.read(attempt, stream, range).await })
            .await
    }

    pub(crate) async fn read_batch(&self, job: JobId, attempts: &[AttemptId], most: u64) -> OutputBatch {
        let asked = attempts.to_vec();
        let read = self.run(move |reader| async move { Ok(reader.read_batch(job, &asked, most).await) });
        read.await.unwrap_or_else(|_| nothing(attempts, most))
    }

    /// Removes what is older, of jobs that are over.
    pub(crate) async fn expire(
        &self,
        age: Duration,
        now: Timestamp,
        is_over: impl Fn(JobId) -> bool + Send + 'static,
    ) -> Result<Pruned, OutputError> {
        self.run(move |reader| async move { reader.expire((age, now), is_over).await })
            .await
    }

    /// What is not as it was written.
    pub(crate) async fn check(&self) -> Result<Vec<DamagedObject>, OutputError> {
        self.run(|reader| async move { reader.check().await }).await
    }

    /// Whether there is none.
    pub(crate) async fn is_empty(&self) -> Result<bool, OutputError> {
        self.run(|reader| async move { reader.is_empty().await }).await
    }

    /// Removes all of it.
    pub(crate) async fn remove_all(&self) -> Result<(), OutputError> {
        self.run(|reader| async move { reader.remove_all().await }).await
    }

    /// All attempts that have output, and how much those have written that have ended.
    pub(crate) async fn attempts(&self) -> Result<Vec<(OutputSource, Option<u64>)>, OutputError> {
        self.run(|reader| async move { reader.attempts().await }).await
    }
}

impl ObjectOwner {
    async fn run<T, F>(&self, work: impl FnOnce(Arc<ObjectWriter>) -> F + Send + 'static) -> Result<T, OutputError>
    where
        T: Send + 'static,
        F: Future<Output = T> + 'static,
    {
        let writer = Arc::clone(&self.writer);
        let done: Result<_, Failed> = self.reader.storage.runtime.run(move || work(writer)).await;
        done.map_err(unavailable)
    }

    /// Stores everything, at the end of an ownership.
    pub(crate) async fn close(&self) -> Result<(), OutputError> {
        self.run(|writer| async move { writer.close().await }).await?
    }

    /// Whether a job is written to.
    pub(crate) fn has(&self, job: JobId) -> bool {
        self.writer.has(job)
    }
}

impl fmt::Debug for ObjectOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ObjectOwner").field(&self.reader.storage).finish()
    }
}

#[async_trait]
impl OutputStore for ObjectOwner {
    async fn append(&self, frames: &[OutputFrame]) -> Result<(), OutputError> {
        self.append_and_seal(frames, &[]).await.0
    }

    async fn seal(&self, source: &OutputSource, length: u64) -> Result<Digest, OutputError> {
        let ended = [(Arc::new(source.clone()), length)];
        let (_, sealed) = self.append_and_seal(&[], &ended).await;
        let nothing = || unavailable(Failed::before("the attempt was skipped"));
        sealed.into_iter().next().unwrap_or_else(|| Err(nothing()))
    }

    async fn append_and_seal(
        &self,
        frames: &[OutputFrame],
        ended: &[(Arc<OutputSource>, u64)],
    ) -> (Result<(), OutputError>, Vec<Result<Digest, OutputError>>) {
        let (frames, attempts) = (frames.to_vec(), ended.to_vec());
        let kept = self.run(move |writer| async move { writer.append_and_seal(&frames, &attempts).await });
        kept.await.unwrap_or_else(|error| {
            let sealed = ended.iter().map(|_| Err(error.clone())).collect();
            (Err(error), sealed)
        })
    }

    async fn read(
        &self,
        attempt: (JobId, AttemptId),
        stream: Stream,
        range: Range<u64>,
    ) -> Result<OutputPage, OutputError> {
        let read = self.run(move |writer| async move { writer.read(attempt, stream, range).await });
        read.await?
    }

    async fn read_batch(&self, job: JobId, attempts: &[AttemptId], most: u64) -> OutputBatch {
        let asked = attempts.to_vec();
        let read = self.run(move |writer| async move { writer.read_batch(job, &asked, most).await });
        read.await.unwrap_or_else(|_| nothing(attempts, most))
    }
}

/// All of these are left out.
fn nothing(attempts: &[AttemptId], most: u64) -> OutputBatch {
    let mut nothing = OutputBatch::new(most);
    attempts.iter().for_each(|attempt| nothing.leave_out(*attempt));
    nothing
}

fn unavailable(failed: Failed) -> OutputError {
    OutputError::Unavailable {
        message: failed.message,
    }
}
