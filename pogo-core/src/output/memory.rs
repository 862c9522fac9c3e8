//! Output kept in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::kept_attempt::KeptAttempt;
use super::{Clipped, OutputError, OutputFrame, OutputPage, OutputSource, OutputStore, Stream};
use crate::Digest;
use crate::fleet::HostName;
use crate::scheduler::{AttemptId, JobId};

/// Keeps output in memory, within a limit for each attempt and one for all together. Clones share what they keep.
///
/// Of an attempt that writes more, the beginning and the end are kept. Where all together is more, the attempts that
/// began first give up theirs. What is missing is counted, and shown where it is missing.
///
/// ```
/// use std::sync::Arc;
/// use pogo_core::Timestamp;
/// use pogo_core::output::{MemoryOutput, OutputFrame, OutputSource, OutputStore, Stream};
/// use pogo_core::scheduler::{AttemptId, JobId};
///
/// # futures::executor::block_on(async {
/// let store = MemoryOutput::new().per_attempt(8);
/// let source = OutputSource::new(JobId::new(1), "web1".parse()?, AttemptId::new(1));
/// let source = Arc::new(source);
/// let text = b"from here to there";
/// store.append(&[OutputFrame::new(Arc::clone(&source), Stream::Stdout, 0, Timestamp::EPOCH, text)]).await?;
///
/// let output = store.output_of(source.job, &source.host).unwrap();
/// assert_eq!(output.cut(), 10);
/// assert_eq!(output.stdout.to_bytes(), b"from\n[10 bytes cut]\nhere");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct MemoryOutput {
    per_attempt: usize,
    total: usize,
    kept: Arc<Mutex<Kept>>,
}

/// What one attempt wrote, as far as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttemptOutput {
    /// The attempt.
    pub attempt: AttemptId,
    /// Its standard output.
    pub stdout: Clipped,
    /// Its standard error.
    pub stderr: Clipped,
    /// Remarks of the transport.
    pub notes: Clipped,
}

#[derive(Debug, Default)]
struct Kept {
    attempts: BTreeMap<AttemptId, KeptAttempt>,
    /// The attempt of each host in each job that began last.
    last: BTreeMap<JobId, BTreeMap<HostName, AttemptId>>,
    /// Attempts of which something is kept.
    holding: BTreeSet<AttemptId>,
    bytes: usize,
}

impl MemoryOutput {
    /// The bytes that are kept of an attempt, unless said otherwise.
    pub const PER_ATTEMPT: usize = 64 << 10;
    /// The bytes that are kept of all together, unless said otherwise.
    pub const TOTAL: usize = 64 << 20;

    /// Keeps up to [`PER_ATTEMPT`](Self::PER_ATTEMPT) bytes of each attempt, and [`TOTAL`](Self::TOTAL) of all.
    pub fn new() -> Self {
        Self {
            per_attempt: Self::PER_ATTEMPT,
            total: Self::TOTAL,
            kept: Arc::default(),
        }
    }

    /// Keeps so many bytes of each attempt, half of them from its beginning.
    pub fn per_attempt(mut self, bytes: usize) -> Self {
        self.per_attempt = bytes;
        self
    }

    /// Keeps so many bytes of all attempts together. A little more is needed for each attempt, however much it writes.
    pub fn total(mut self, bytes: usize) -> Self {
        self.total = bytes;
        self
    }

    /// What the last attempt of a job at a host wrote; `None` if it wrote nothing.
    pub fn output_of(&self, job: JobId, host: &HostName) -> Option<AttemptOutput> {
        let kept = self.lock();
        let attempt = kept.attempts.get(kept.last.get(&job)?.get(host)?)?;
        let clipped = |stream| {
            let stream = attempt.stream(stream);
            let pieces = stream.pieces().map(|piece| (piece.offset, &*piece.bytes));
            Clipped::new(pieces, stream.length)
        };
        Some(AttemptOutput {
            attempt: attempt.source.attempt,
            stdout: clipped(Stream::Stdout),
            stderr: clipped(Stream::Stderr),
            notes: clipped(Stream::Note),
        })
    }

    /// The hosts that wrote something in a job, by name.
    pub fn hosts(&self, job: JobId) -> Vec<HostName> {
        let kept = self.lock();
        let hosts = kept.last.get(&job).into_iter().flat_map(BTreeMap::keys);
        hosts.cloned().collect()
    }

    /// The bytes that are kept now.
    pub fn kept(&self) -> usize {
        self.lock().bytes
    }

    /// Forgets what was written in a job.
    pub fn forget(&self, job: JobId) {
        let mut kept = self.lock();
        kept.last.remove(&job);
        let (of_others, forgotten) = std::mem::take(&mut kept.attempts)
            .into_iter()
            .partition(|(_, attempt)| attempt.source.job != job);
        kept.attempts = of_others;
        let forgotten: BTreeMap<_, KeptAttempt> = forgotten;
        for (attempt, forgotten) in forgotten {
            kept.holding.remove(&attempt);
            kept.bytes -= forgotten.kept();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Nothing that is done under the lock leaves it half done.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryOutput {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl OutputStore for MemoryOutput {
    async fn append(&self, frames: &[OutputFrame]) -> Result<(), OutputError> {
        let mut kept = self.lock();
        let mut kept_all = Ok(());
        for frame in frames {
            let pushed = kept.push(frame, self.per_attempt, self.total);
            // The first error counts, and the frames behind it are kept all the same: they may be
            // of other attempts.
            kept_all = kept_all.and(pushed);
        }
        kept_all
    }

    async fn seal(&self, source: &OutputSource, _length: u64) -> Result<Digest, OutputError> {
        let mut kept = self.lock();
        let attempt = kept.attempts.entry(source.attempt);
        let attempt = attempt.or_insert_with(|| KeptAttempt::new(Arc::new(source.clone())));
        if let Some(digest) = attempt.sealed {
            return Ok(digest);
        }
        let digest = attempt.digest();
        attempt.sealed = Some(digest);
        Ok(digest)
    }

    async fn read(
        &self,
        (job, attempt): (JobId, AttemptId),
        stream: Stream,
        range: Range<u64>,
    ) -> Result<OutputPage, OutputError> {
        let kept = self.lock();
        let attempt = kept.attempts.get(&attempt).filter(|attempt| attempt.source.job == job);
        // No error: an attempt that has written nothing is unknown here, too.
        let Some(attempt) = attempt else {
            return Ok(OutputPage::new(vec![], range.end, 0, false));
        };
        let of_stream = attempt.stream(stream);
        let frames = of_stream
            .within(range.clone())
            .map(|(at, offset, bytes)| OutputFrame::new(Arc::clone(&attempt.source), stream, offset, at, bytes));
        Ok(OutputPage::new(
            frames.collect(),
            range.end,
            of_stream.length,
            attempt.sealed.is_some(),
        ))
    }
}

impl Kept {
    fn push(&mut self, frame: &OutputFrame, per_attempt: usize, total: usize) -> Result<(), OutputError> {
        let source = &frame.source;
        let attempt = self.attempts.entry(source.attempt);
        let attempt = attempt.or_insert_with(|| KeptAttempt::new(Arc::clone(source)));
        if attempt.sealed.is_some() {
            return Err(OutputError::Sealed {
                attempt: source.attempt,
            });
        }
        let before = attempt.kept();
        attempt.push(frame, per_attempt);
        self.bytes = self.bytes + attempt.kept() - before;
        let hosts = self.last.entry(source.job).or_default();
        let last = hosts.entry(source.host.clone()).or_insert(source.attempt);
        // Output of an attempt that was given up may come after that of the one behind it.
        *last = source.attempt.max(*last);
        self.holding.insert(source.attempt);
        while self.bytes > total
            // Numbers of attempts grow over all jobs, so the first is the oldest.
            && let Some(oldest) = self.holding.pop_first()
        {
            if let Some(attempt) = self.attempts.get_mut(&oldest) {
                self.bytes -= attempt.kept();
                attempt.clear();
            }
        }
        Ok(())
    }
}

impl AttemptOutput {
    /// How many bytes are missing.
    pub fn cut(&self) -> u64 {
        self.stdout.cut() + self.stderr.cut() + self.notes.cut()
    }
}
