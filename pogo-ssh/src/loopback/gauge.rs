//! Counting what runs at once.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many are busy now, and how many were at most.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    now: AtomicUsize,
    peak: AtomicUsize,
}

impl Gauge {
    /// One more; gives how many are busy now.
    pub(super) fn up(&self) -> usize {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.peak.fetch_max(now, Ordering::SeqCst);
        now
    }

    /// One less; gives how many are busy now.
    pub(super) fn down(&self) -> usize {
        self.now.fetch_sub(1, Ordering::SeqCst) - 1
    }

    pub(super) fn now(&self) -> usize {
        self.now.load(Ordering::SeqCst)
    }

    pub(super) fn peak(&self) -> usize {
        self.peak.load(Ordering::SeqCst)
    }
}
