//! How much of an attempt's output was written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::budget::Reservation;
use crate::output::{OutputFrame, OutputSource, Stream};

/// The progress of an attempt's output. Numbers change under the lock of the queue only.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) source: Arc<OutputSource>,
    lengths: [AtomicU64; Stream::ALL.len()],
    /// Whether a loss was reported.
    pub(super) lost: AtomicBool,
}

impl Progress {
    pub(super) fn new(source: OutputSource) -> Self {
        Self {
            source: Arc::new(source),
            lengths: Default::default(),
            lost: AtomicBool::new(false),
        }
    }

    /// Counts bytes written to a stream; returns their offset.
    pub(super) fn advance(&self, stream: Stream, bytes: usize) -> u64 {
        let [stdout, stderr, note] = &self.lengths;
        let length = match stream {
            Stream::Stdout => stdout,
            Stream::Stderr => stderr,
            Stream::Note => note,
        };
        // Relaxed: the lock of the queue orders these, and the end of an attempt reads them after
        // its last piece.
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
