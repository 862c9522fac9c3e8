//! The fixture of the output suite.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::super::case::{EarlyEnd, fail, hold, skip};
use crate::output::{OutputError, OutputFrame, OutputSource, OutputStore, Stream};
use crate::scheduler::{AttemptId, JobId};
use crate::{Digest, Timestamp};

/// An empty store of output with its properties.
#[derive(Clone)]
pub struct OutputFixture {
    pub(super) store: Arc<dyn OutputStore>,
    keeps: Option<usize>,
    again: Option<Again>,
}

type Again = Arc<dyn Fn() -> BoxFuture<'static, Arc<dyn OutputStore>> + Send + Sync>;

impl OutputFixture {
    /// A fixture with an empty store.
    pub fn new(store: Arc<dyn OutputStore>) -> Self {
        Self {
            store,
            keeps: None,
            again: None,
        }
    }

    /// Sets how many bytes the store keeps of an attempt that writes more; at least 1,000.
    pub fn keeps(mut self, bytes: usize) -> Self {
        self.keeps = Some(bytes);
        self
    }

    /// Sets a function that opens the same store again, as another process would.
    pub fn reopened<F>(mut self, open: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Arc<dyn OutputStore>> + Send + 'static,
    {
        self.again = Some(Arc::new(move || Box::pin(open())));
        self
    }

    /// How many bytes are kept of an attempt.
    pub(super) fn limit(&self) -> Result<usize, EarlyEnd> {
        match self.keeps {
            Some(bytes) => Ok(bytes),
            None => skip("the fixture does not say how much is kept of an attempt"),
        }
    }

    /// The same store, opened once more; everything of the first opening is dropped before.
    pub(super) async fn open_again(self) -> Result<Self, EarlyEnd> {
        let Some(again) = self.again.clone() else {
            return skip("the fixture cannot open its store once more");
        };
        drop(self.store);
        Ok(Self {
            store: again().await,
            keeps: self.keeps,
            again: self.again,
        })
    }

    pub(super) async fn append(&self, frames: &[OutputFrame]) -> Result<(), EarlyEnd> {
        done("append", self.store.append(frames).await)
    }

    pub(super) async fn seal(&self, source: &OutputSource, length: u64) -> Result<Digest, EarlyEnd> {
        done("seal", self.store.seal(source, length).await)
    }

    /// What is kept of a stream within a range, page by page: runs of bytes that are contiguous, and the length of the
    /// stream.
    pub(super) async fn read(
        &self,
        source: &OutputSource,
        stream: Stream,
        range: Range<u64>,
    ) -> Result<(Vec<(u64, Vec<u8>)>, u64), EarlyEnd> {
        let mut runs: Vec<(u64, Vec<u8>)> = Vec::new();
        let mut from = range.start;
        loop {
            let answer = self.store.read((source.job, source.attempt), stream, from..range.end);
            let page = done("read", answer.await)?;
            for frame in page.frames {
                hold(
                    *frame.source == *source && frame.stream == stream,
                    format_args!("a frame of {source:?} and {stream:?} says that it is of {frame:?}"),
                )?;
                let within = frame.offset >= from && frame.end() <= range.end && !frame.bytes.is_empty();
                hold(
                    within,
                    format_args!("a frame is not within {from}..{}: {frame:?}", range.end),
                )?;
                from = frame.end();
                match runs.last_mut() {
                    Some((offset, run)) if *offset + run.len() as u64 == frame.offset => run.extend(frame.bytes),
                    _ => runs.push((frame.offset, frame.bytes)),
                }
            }
            if page.next >= range.end {
                return Ok((runs, page.length));
            }
            hold(
                // Otherwise the suite would ask for ever.
                page.next >= from && page.next > range.start,
                format_args!("a page up to {from} says to read on at {}", page.next),
            )?;
            from = page.next;
        }
    }

    /// All of a stream, of which nothing is missing.
    pub(super) async fn whole(&self, source: &OutputSource, stream: Stream) -> Result<Vec<u8>, EarlyEnd> {
        // Far behind the end of anything, and not `u64::MAX`, with which stores would have to add
        // carefully.
        let (mut runs, length) = self.read(source, stream, 0..1 << 40).await?;
        let whole = match (runs.pop(), runs.is_empty()) {
            (None, _) => Some(vec![]),
            (Some((0, run)), true) => Some(run),
            _ => None,
        };
        match whole.filter(|whole| whole.len() as u64 == length) {
            Some(whole) => Ok(whole),
            None => fail(format_args!("something is missing in {stream:?} of {}", source.attempt)),
        }
    }
}

impl fmt::Debug for OutputFixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutputFixture")
            .field("keeps", &self.keeps)
            .field("opens_again", &self.again.is_some())
            .finish_non_exhaustive()
    }
}

/// What should have worked.
pub(super) fn done<T>(what: &str, answer: Result<T, OutputError>) -> Result<T, EarlyEnd> {
    answer.or_else(|error| fail(format_args!("{what} gives an error: {error} ({error:?})")))
}

/// An attempt of this number.
pub(super) fn source(number: u64) -> Result<Arc<OutputSource>, EarlyEnd> {
    let Ok(host) = format!("web{number}").parse() else {
        return fail("a host has no such name");
    };
    Ok(Arc::new(OutputSource {
        job: JobId::new(7),
        host,
        attempt: AttemptId::new(number),
    }))
}

/// A frame of this attempt.
pub(super) fn frame(source: &Arc<OutputSource>, stream: Stream, offset: u64, bytes: impl Into<Vec<u8>>) -> OutputFrame {
    OutputFrame::new(Arc::clone(source), stream, offset, Timestamp::from_millis(1_000), bytes)
}

/// Bytes of any value, of which no two neighbouring stretches are alike.
pub(super) fn bytes(length: usize) -> Vec<u8> {
    // A store that puts a piece in the wrong place is not seen where all bytes are equal.
    let byte = |index: usize| (index ^ (index >> 8) ^ (index >> 16).wrapping_mul(31)).to_le_bytes()[0];
    (0..length).map(byte).collect()
}
