//! The trait `OutputStore` over a directory.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::Digest;
use pogo_core::output::{OutputBatch, OutputError, OutputFrame, OutputPage, OutputSource, OutputStore, Stream};
use pogo_core::scheduler::{AttemptId, JobId};

use super::Outputs;
use super::job_files::unavailable;
use crate::blocking::spawn_blocking;

/// What the hosts of a namespace wrote, in its [`Store`](crate::Store).
///
/// Of each attempt up to 1 MiB is kept: the beginning, and the end in turn, with the times at which they came, to the
/// second. Whoever owns the journal writes it; anybody reads it, at any time. What was written outlives the process at
/// once, and a power cut after a second; the record that ends an attempt has the digest of its output, by which a loss
/// is found. On a full disk, output is lost before the journal is.
#[derive(Debug, Clone)]
pub struct StoreOutput {
    outputs: Arc<Outputs>,
}

impl StoreOutput {
    /// The bytes that a log takes for an attempt at most.
    pub const PER_ATTEMPT: usize = crate::limits::OUTPUT_BLOCKS * super::block::BLOCK;

    pub(crate) fn new(outputs: Arc<Outputs>) -> Self {
        Self { outputs }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Arc<Outputs>) -> Result<T, OutputError> + Send + 'static,
    ) -> Result<T, OutputError> {
        let outputs = Arc::clone(&self.outputs);
        spawn_blocking(move || work(&outputs)).await.map_err(unavailable)?
    }
}

#[async_trait]
impl OutputStore for StoreOutput {
    async fn append(&self, frames: &[OutputFrame]) -> Result<(), OutputError> {
        let frames = frames.to_vec();
        self.run(move |outputs| outputs.append(&frames)).await
    }

    async fn seal(&self, source: &OutputSource, length: u64) -> Result<Digest, OutputError> {
        let source = source.clone();
        self.run(move |outputs| outputs.seal(&source, length)).await
    }

    async fn append_and_seal(
        &self,
        frames: &[OutputFrame],
        ended: &[(Arc<OutputSource>, u64)],
    ) -> (Result<(), OutputError>, Vec<Result<Digest, OutputError>>) {
        let (frames, attempts, outputs) = (frames.to_vec(), ended.to_vec(), Arc::clone(&self.outputs));
        // On one thread, since to go to another and back takes longer than to write.
        let work = move || {
            let appended = match &*frames {
                [] => Ok(()),
                frames => outputs.append(frames),
            };
            let sealed = attempts.iter().map(|(source, length)| outputs.seal(source, *length));
            (appended, sealed.collect())
        };
        spawn_blocking(work).await.unwrap_or_else(|error| {
            let error = unavailable(error);
            (Err(error.clone()), ended.iter().map(|_| Err(error.clone())).collect())
        })
    }

    async fn read(
        &self,
        attempt: (JobId, AttemptId),
        stream: Stream,
        range: Range<u64>,
    ) -> Result<OutputPage, OutputError> {
        self.run(move |outputs| outputs.read(attempt, stream, range)).await
    }

    async fn read_batch(&self, job: JobId, attempts: &[AttemptId], most: u64) -> OutputBatch {
        let (asked, outputs) = (attempts.to_vec(), Arc::clone(&self.outputs));
        // On one thread, as above.
        let read = spawn_blocking(move || outputs.read_batch(job, &asked, most)).await;
        read.unwrap_or_else(|_| {
            let mut nothing = OutputBatch::new(most);
            attempts.iter().for_each(|attempt| nothing.leave_out(*attempt));
            nothing
        })
    }
}
