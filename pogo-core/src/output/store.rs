//! The trait behind which output is kept.

use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::{FutureExt, join_all, try_join_all};
use thiserror::Error;

use super::{OutputBatch, OutputFrame, OutputPage, OutputSource, Stream};
use crate::Digest;
use crate::scheduler::{AttemptId, JobId};

/// Keeps what attempts wrote.
///
/// A dispatcher has one call of [`append_and_seal`](Self::append_and_seal) under way at a time, so calls of
/// [`seal`](Self::seal) follow those that append what they seal; calls of [`read`](Self::read) come at any time. An
/// error of any of them loses output, and nothing else. `testing::conformance::output` holds stores to this contract.
///
/// Of an attempt that writes more than the store keeps, the beginning and the end are kept. Offsets count what is
/// missing between them.
#[async_trait]
pub trait OutputStore: Send + Sync {
    /// Keeps these frames. Those of one stream of an attempt come in the order of their offsets; where one begins
    /// behind the end of the last, what is between them was lost. What was appended before is kept once: a resumed
    /// attempt writes again from its beginning.
    ///
    /// # Errors
    /// [`Sealed`](OutputError::Sealed) if one of the attempts is; of the other frames any may be kept. Otherwise the
    /// store could not keep all of them.
    async fn append(&self, frames: &[OutputFrame]) -> Result<(), OutputError>;

    /// Takes no more of this attempt, which has written so many bytes in all, and gives the
    /// [digest](super::OutputDigester) of what is kept. Sealed again it gives the same.
    ///
    /// # Errors
    /// The store could not make sure that it keeps it.
    async fn seal(&self, source: &OutputSource, length: u64) -> Result<Digest, OutputError>;

    /// Appends these frames, and then seals these attempts, which have written so many bytes each. Gives what
    /// [`append`](Self::append) would, and what [`seal`](Self::seal) would of each. By default these are called. A
    /// store whose calls are switches of threads or ways to a server and back does all of it with one.
    async fn append_and_seal(
        &self,
        frames: &[OutputFrame],
        ended: &[(Arc<OutputSource>, u64)],
    ) -> (Result<(), OutputError>, Vec<Result<Digest, OutputError>>) {
        let appended = match frames {
            [] => Ok(()),
            // What is lost by a panic here can be sealed all the same.
            frames => match AssertUnwindSafe(self.append(frames)).catch_unwind().await {
                Ok(appended) => appended,
                Err(_panic) => Err(OutputError::panicked()),
            },
        };
        // All at once: each may wait for a disk.
        let seals = ended.iter().map(|(source, length)| self.seal(source, *length));
        (appended, join_all(seals).await)
    }

    /// What is kept of a stream within this range of offsets, at least one byte of it if there is any. Of what was
    /// never written, nothing.
    ///
    /// # Errors
    /// The store could not read it.
    async fn read(
        &self,
        attempt: (JobId, AttemptId),
        stream: Stream,
        range: Range<u64>,
    ) -> Result<OutputPage, OutputError>;

    /// What several attempts of a job wrote, each of them whole, up to so many bytes of output; of attempts that cannot
    /// be read, that they are left out. By default each stream is [read](Self::read) in turn. A store whose calls are
    /// switches of threads does all of it with one.
    async fn read_batch(&self, job: JobId, attempts: &[AttemptId], most: u64) -> OutputBatch {
        let mut batch = OutputBatch::new(most);
        for attempt in attempts {
            let Some(room) = batch.room() else {
                batch.leave_out(*attempt);
                continue;
            };
            let reads = Stream::ALL.map(|stream| async move {
                let page = self.read((job, *attempt), stream, 0..room).await;
                page.map(|page| (stream, page))
            });
            match try_join_all(reads).await {
                Ok(pages) => batch.add(*attempt, pages),
                Err(_) => batch.leave_out(*attempt),
            }
        }
        batch
    }
}

/// Output could not be kept or read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The attempt has ended, and its output is complete.
    #[error("the output of {attempt} is sealed: nothing can be added")]
    Sealed {
        /// The attempt.
        attempt: AttemptId,
    },
    /// What is stored is not what was written.
    #[error("the output of {attempt} is damaged: {message}")]
    Damaged {
        /// The attempt.
        attempt: AttemptId,
        /// What is wrong, and where.
        message: String,
    },
    /// The store cannot be reached, or is full.
    #[error("the store of output is not available: {message}")]
    Unavailable {
        /// What it said, and what to do about it.
        message: String,
    },
}

impl OutputError {
    pub(crate) fn panicked() -> Self {
        Self::Unavailable {
            message: "it panicked; this is a defect of the store".to_owned(),
        }
    }
}
