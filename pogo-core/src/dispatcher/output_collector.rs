//! Keeping what hosts wrote, within limits.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::clipped::Clipped;
use super::{Observer, OutputChunk, Stream};
use crate::fleet::HostName;
use crate::scheduler::{AttemptId, JobId};

/// An [`Observer`] that keeps what hosts wrote, within a limit for each attempt and one for all together.
///
/// Of an attempt that writes more, the beginning and the end are kept. Where all together is more, the attempts that began first
/// give up theirs. What is missing is counted, and shown where it is missing. Of a host's attempts in a job the last one is kept.
///
/// ```
/// use pogo_core::dispatcher::{Observer, OutputChunk, OutputCollector, Stream};
/// use pogo_core::scheduler::{AttemptId, JobId};
///
/// let collector = OutputCollector::new().per_attempt(8);
/// let (job, host) = (JobId::new(1), "web1".parse()?);
/// let (attempt, stream) = (AttemptId::new(1), Stream::Stdout);
/// collector.output(&OutputChunk::new((job, attempt), &host, stream, b"from here to there"));
///
/// let output = collector.output_of(job, &host).unwrap();
/// assert_eq!(output.cut(), 10);
/// assert_eq!(output.stdout.to_bytes(), b"from\n[10 bytes cut]\nhere");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct OutputCollector {
    per_attempt: usize,
    total: usize,
    collected: Mutex<Collected>,
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
struct Collected {
    jobs: BTreeMap<JobId, BTreeMap<HostName, AttemptOutput>>,
    /// Attempts of which something is kept, those that began first in front.
    kept: BTreeMap<AttemptId, (JobId, HostName)>,
    bytes: usize,
}

impl OutputCollector {
    /// The bytes that are kept of an attempt, unless said otherwise.
    pub const PER_ATTEMPT: usize = 64 << 10;
    /// The bytes that are kept of all together, unless said otherwise.
    pub const TOTAL: usize = 64 << 20;

    /// Keeps up to [`PER_ATTEMPT`](Self::PER_ATTEMPT) bytes of each attempt, and [`TOTAL`](Self::TOTAL) of all.
    pub fn new() -> Self {
        Self {
            per_attempt: Self::PER_ATTEMPT,
            total: Self::TOTAL,
            collected: Mutex::default(),
        }
    }

    /// Keeps so many bytes of each attempt, half of them from its beginning.
    pub fn per_attempt(mut self, bytes: usize) -> Self {
        self.per_attempt = bytes;
        self
    }

    /// Keeps so many bytes of all attempts together. A little more is needed for each host, however much it writes.
    pub fn total(mut self, bytes: usize) -> Self {
        self.total = bytes;
        self
    }

    /// What the last attempt of a job at a host wrote; `None` if it wrote nothing.
    pub fn output_of(&self, job: JobId, host: &HostName) -> Option<AttemptOutput> {
        self.collected().jobs.get(&job)?.get(host).cloned()
    }

    /// The hosts that wrote something in a job, by name.
    pub fn hosts(&self, job: JobId) -> Vec<HostName> {
        let collected = self.collected();
        let hosts = collected.jobs.get(&job).into_iter().flat_map(BTreeMap::keys);
        hosts.cloned().collect()
    }

    /// The bytes that are kept now.
    pub fn kept(&self) -> usize {
        self.collected().bytes
    }

    /// Forgets what was written in a job.
    pub fn forget(&self, job: JobId) {
        let mut collected = self.collected();
        for output in collected.jobs.remove(&job).into_iter().flat_map(BTreeMap::into_values) {
            collected.kept.remove(&output.attempt);
            collected.bytes -= output.kept();
        }
    }

    fn collected(&self) -> MutexGuard<'_, Collected> {
        // Nothing that is done under the lock leaves it half done.
        self.collected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for OutputCollector {
    fn default() -> Self {
        Self::new()
    }
}

impl Observer for OutputCollector {
    fn output(&self, chunk: &OutputChunk<'_>) {
        self.collected().push(chunk, self.per_attempt, self.total);
    }
}

impl Collected {
    fn push(&mut self, chunk: &OutputChunk<'_>, per_attempt: usize, total: usize) {
        let outputs = self.jobs.entry(chunk.job).or_default();
        let output = match outputs.entry(chunk.host.clone()) {
            Entry::Vacant(free) => free.insert(AttemptOutput::new(chunk.attempt)),
            Entry::Occupied(held) if held.get().attempt > chunk.attempt => return,
            Entry::Occupied(held) => {
                let held = held.into_mut();
                if held.attempt < chunk.attempt {
                    self.bytes -= held.kept();
                    self.kept.remove(&held.attempt);
                    *held = AttemptOutput::new(chunk.attempt);
                }
                held
            }
        };
        let before = output.kept();
        output.push(chunk.stream, chunk.bytes, per_attempt);
        self.bytes = self.bytes + output.kept() - before;
        self.kept.insert(chunk.attempt, (chunk.job, chunk.host.clone()));
        while self.bytes > total
            && let Some((_, (job, host))) = self.kept.pop_first()
        {
            if let Some(output) = self.jobs.get_mut(&job).and_then(|outputs| outputs.get_mut(&host)) {
                self.bytes -= output.kept();
                output.streams().into_iter().for_each(Clipped::clear);
            }
        }
    }
}

impl AttemptOutput {
    fn new(attempt: AttemptId) -> Self {
        Self {
            attempt,
            stdout: Clipped::default(),
            stderr: Clipped::default(),
            notes: Clipped::default(),
        }
    }

    /// How many bytes are missing.
    pub fn cut(&self) -> u64 {
        self.stdout.cut() + self.stderr.cut() + self.notes.cut()
    }

    /// How many bytes were kept.
    pub fn kept(&self) -> usize {
        self.stdout.kept() + self.stderr.kept() + self.notes.kept()
    }

    fn streams(&mut self) -> [&mut Clipped; 3] {
        [&mut self.stdout, &mut self.stderr, &mut self.notes]
    }

    fn push(&mut self, stream: Stream, bytes: &[u8], limit: usize) {
        let heads: usize = self.streams().iter().map(|stream| stream.head().len()).sum();
        // The ends share the other half; the stream with the most of it gives way, so that a talkative one hides no other.
        let room = (limit / 2).saturating_sub(heads);
        match stream {
            Stream::Stdout => self.stdout.push(bytes, room),
            Stream::Stderr => self.stderr.push(bytes, room),
            Stream::Note => self.notes.push(bytes, room),
        }
        while self.kept() > limit {
            let excess = self.kept() - limit;
            let Some(longest) = self.streams().into_iter().max_by_key(|stream| stream.tail_len()) else {
                return;
            };
            // Heads are at most half of the limit, so there is a tail to shorten.
            longest.cut_front(excess);
        }
    }
}
