//! Isolates panics of observers from the rollout and from each other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Notice, Observer, OutputChunk};
use crate::scheduler::{Record, Scheduler};

/// Catches what observers panic with, and counts it. An observer that panicked is still called later: a defect
/// at one event is no reason to withhold the others.
pub(super) struct Guarded {
    observers: Vec<Arc<dyn Observer>>,
    panics: AtomicU64,
}

impl Guarded {
    pub(super) fn new(observers: Vec<Arc<dyn Observer>>) -> Arc<Self> {
        Arc::new(Self {
            observers,
            panics: AtomicU64::new(0),
        })
    }

    /// How often they have panicked.
    pub(super) fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    fn call(&self, notify: impl Fn(&dyn Observer)) {
        for observer in &self.observers {
            // The dispatcher shares nothing with its observers that a panic could leave half changed.
            if catch_unwind(AssertUnwindSafe(|| notify(observer.as_ref()))).is_err() {
                self.panics.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl Observer for Guarded {
    fn started(&self, scheduler: &Scheduler) {
        self.call(|observer| observer.started(scheduler));
    }

    fn event(&self, record: &Record) {
        self.call(|observer| observer.event(record));
    }

    fn notice(&self, notice: &Notice<'_>) {
        self.call(|observer| observer.notice(notice));
    }

    fn output(&self, chunk: &OutputChunk<'_>) {
        self.call(|observer| observer.output(chunk));
    }
}
