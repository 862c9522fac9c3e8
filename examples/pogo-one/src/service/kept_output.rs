//! Reads what attempts wrote from where it is kept, in the order in which it came.

use std::collections::VecDeque;

use async_trait::async_trait;
use pogo_api::wire::OutputRange;
use pogo_api::{ClientError, NamespaceClient};
use pogo_core::dispatcher::Stream;
use pogo_core::output::{OutputBatch, OutputFrame, OutputPage};
use pogo_core::scheduler::{AttemptId, JobId};

/// Where output is kept.
#[async_trait]
pub(crate) trait KeptOutput: Sync {
    async fn page(&self, range: &OutputRange) -> Result<OutputPage, ClientError>;

    /// What these attempts wrote, as far as it is given at once.
    async fn batch(&self, _: JobId, attempts: &[AttemptId]) -> Result<OutputBatch, ClientError> {
        let mut nothing = OutputBatch::default();
        attempts.iter().for_each(|attempt| nothing.leave_out(*attempt));
        Ok(nothing)
    }
}

#[async_trait]
impl KeptOutput for NamespaceClient {
    async fn page(&self, range: &OutputRange) -> Result<OutputPage, ClientError> {
        self.output(range).await
    }

    async fn batch(&self, job: JobId, attempts: &[AttemptId]) -> Result<OutputBatch, ClientError> {
        self.job_output(job, attempts).await
    }
}

/// What is to be read of an attempt.
#[derive(Debug)]
pub(super) struct Unread {
    pub(super) job: JobId,
    pub(super) attempt: AttemptId,
    /// These streams, and where each goes on.
    pub(super) streams: Vec<(Stream, u64)>,
    /// Where a stream that is read alone ends.
    pub(super) to: Option<u64>,
    /// How much all streams have together, if that is known.
    pub(super) whole: Option<u64>,
}

/// Streams of one attempt, put together by the time at which each piece came. Of each stream there is one page in
/// memory at most.
pub(super) struct KeptStreams<'a, K> {
    kept: &'a K,
    attempt: (JobId, AttemptId),
    streams: Vec<KeptStream>,
}

struct KeptStream {
    stream: Stream,
    next: u64,
    to: Option<u64>,
    /// How much the stream has, as far as is known.
    length: u64,
    frames: VecDeque<OutputFrame>,
    is_read: bool,
}

/// A part of what is kept.
pub(super) enum KeptPart {
    /// Output as it was written.
    Frame(OutputFrame),
    /// Nothing more is kept of a stream before this byte.
    Until(Stream, u64),
}

impl<'a, K: KeptOutput> KeptStreams<'a, K> {
    pub(super) async fn open(kept: &'a K, unread: Unread) -> Result<Self, ClientError> {
        let attempt = (unread.job, unread.attempt);
        let (mut streams, mut known) = (vec![], 0);
        for (stream, next) in unread.streams {
            // Commands mostly write to one stream, and nobody is asked for the others when that was all.
            if unread.whole.is_some_and(|whole| known >= whole) {
                break;
            }
            let mut stream = KeptStream::new(stream, next, unread.to);
            stream.fill(kept, attempt).await?;
            known += stream.length;
            streams.push(stream);
        }
        Ok(Self { kept, attempt, streams })
    }

    /// What comes next; `None` when there is nothing more yet.
    pub(super) async fn next(&mut self) -> Result<Option<KeptPart>, ClientError> {
        if let Some(at) = self.streams.iter().position(|stream| stream.frames.is_empty()) {
            let mut stream = self.streams.remove(at);
            let until = KeptPart::Until(stream.stream, stream.next);
            if !stream.is_read {
                stream.fill(self.kept, self.attempt).await?;
                self.streams.insert(at, stream);
            }
            return Ok(Some(until));
        }
        // Of pieces at one time, the first stream is first.
        let first = self.streams.iter_mut().min_by_key(|stream| stream.time());
        Ok(first.and_then(|stream| stream.frames.pop_front()).map(KeptPart::Frame))
    }
}

impl KeptStream {
    fn new(stream: Stream, next: u64, to: Option<u64>) -> Self {
        Self {
            stream,
            next,
            to,
            length: 0,
            frames: VecDeque::new(),
            is_read: false,
        }
    }

    fn time(&self) -> Option<pogo_core::Timestamp> {
        self.frames.front().map(|frame| frame.at)
    }

    /// Reads a page, or all up to the next one that has anything.
    async fn fill(&mut self, kept: &impl KeptOutput, (job, attempt): (JobId, AttemptId)) -> Result<(), ClientError> {
        while self.frames.is_empty() && !self.is_read {
            let mut range = OutputRange::of(job, attempt, self.stream).from(self.next);
            range.to = self.to;
            let page = match kept.page(&range).await {
                Ok(page) => page,
                // What cannot be read is left out; the rollout is what is followed.
                Err(ClientError::Refused(_)) => OutputPage::new(vec![], self.next, self.length, false),
                Err(error) => return Err(error),
            };
            self.is_read = page.next <= self.next || page.next >= self.to.unwrap_or(page.length);
            self.next = page.next.max(self.next);
            self.length = page.length;
            self.frames = page.frames.into();
        }
        Ok(())
    }
}
