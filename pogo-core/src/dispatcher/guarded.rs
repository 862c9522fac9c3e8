//! An observer that may panic without harm to the rollout.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Observer, OutputChunk};
use crate::scheduler::Record;

/// Catches what an observer panics with, and counts it. The observer is told of what comes after all the same: a defect
/// at one event is no reason to withhold the others.
pub(super) struct Guarded {
    observer: Arc<dyn Observer>,
    panics: AtomicU64,
}

impl Guarded {
    pub(super) fn new(observer: Arc<dyn Observer>) -> Arc<Self> {
        Arc::new(Self {
            observer,
            panics: AtomicU64::new(0),
        })
    }

    /// How often it has panicked.
    pub(super) fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    fn call(&self, tell: impl FnOnce(&dyn Observer)) {
        // The dispatcher shares nothing with its observer that a panic could leave half changed.
        if catch_unwind(AssertUnwindSafe(|| tell(self.observer.as_ref()))).is_err() {
            self.panics.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Observer for Guarded {
    fn event(&self, record: &Record) {
        self.call(|observer| observer.event(record));
    }

    fn output(&self, chunk: &OutputChunk<'_>) {
        self.call(|observer| observer.output(chunk));
    }
}
