//! The output of one attempt on its way to the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::budget::{Reservation, Reserved};
use super::sink::OutputSink;
use crate::output::{OutputFrame, OutputSource, Stream};
use crate::scheduler::OutputSummary;

/// The progress of an attempt's output. Numbers change under the lock of the queue only.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) source: Arc<OutputSource>,
    lengths: [AtomicU64; Stream::ALL.len()],
    /// Whether a loss was reported.
    pub(super) lost: AtomicBool,
}

impl Progress {
    /// Counts bytes written to a stream; returns their offset.
    pub(super) fn advance(&self, stream: Stream, bytes: usize) -> u64 {
        let [stdout, stderr, note] = &self.lengths;
        let length = match stream {
            Stream::Stdout => stdout,
            Stream::Stderr => stderr,
            Stream::Note => note,
        };
        length.fetch_add(bytes as u64, Ordering::Relaxed)
    }

    pub(super) fn length(&self) -> u64 {
        self.lengths.iter().map(|length| length.load(Ordering::Relaxed)).sum()
    }
}

/// A frame with the memory that it takes.
#[derive(Debug)]
pub(super) struct QueuedFrame {
    pub(super) frame: OutputFrame,
    pub(super) progress: Arc<Progress>,
    pub(super) reservation: Reservation,
}

/// One attempt's way to the store.
#[derive(Debug, Clone)]
pub(in super::super) struct OutputHandle {
    sink: Arc<OutputSink>,
    progress: Arc<Progress>,
}

impl OutputHandle {
    pub(in super::super) fn new(sink: Arc<OutputSink>, source: OutputSource) -> Self {
        let progress = Arc::new(Progress {
            source: Arc::new(source),
            lengths: Default::default(),
            lost: AtomicBool::new(false),
        });
        Self { sink, progress }
    }

    /// Waits until there is room for a piece, then queues it.
    pub(in super::super) async fn write(&self, stream: Stream, bytes: &[u8]) {
        let reservation = match self.sink.reserve(bytes.len(), true) {
            Some(Reserved::Now(reservation)) => Some(reservation),
            Some(Reserved::Later(later)) => later.await.ok(),
            Some(Reserved::Closed) | None => None,
        };
        self.sink.push(&self.progress, (stream, bytes), reservation);
    }

    /// Queues a piece if there is room for it now. While the store hangs it is accepted and lost.
    pub(in super::super) fn try_write(&self, stream: Stream, bytes: &[u8]) -> bool {
        let reservation = match self.sink.reserve(bytes.len(), false) {
            Some(Reserved::Now(reservation)) => Some(reservation),
            Some(Reserved::Closed) => None,
            Some(Reserved::Later(_)) | None => return false,
        };
        self.sink.push(&self.progress, (stream, bytes), reservation);
        true
    }

    /// Waits until all of it is stored and sealed, or the store has failed.
    pub(in super::super) async fn seal(&self) -> Option<OutputSummary> {
        self.sink.seal(&self.progress).await.ok().flatten()
    }
}
