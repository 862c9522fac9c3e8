//! How those who follow a journal learn that it has grown.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use event_listener::{Event as Notification, EventListener};

use crate::journal::Seq;

/// Wakes subscriptions when the journal has grown, and at its end. It buffers no records: those are read from the
/// journal, so that a slow subscriber costs no memory.
#[derive(Default)]
pub(super) struct Growth {
    ended: AtomicBool,
    end: AtomicU64,
    grown: Notification,
}

impl Growth {
    /// The position after the last durable record.
    pub(super) fn end(&self) -> Seq {
        Seq(self.end.load(Ordering::SeqCst))
    }

    /// Whether nothing more is appended.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// Resolves at the next append, or at the end.
    pub(super) fn listen(&self) -> EventListener {
        self.grown.listen()
    }
}

/// The dispatcher's end of a [`Growth`]: dropping it ends every subscription.
pub(super) struct GrowthSide(Arc<Growth>);

impl GrowthSide {
    pub(super) fn new(growth: Arc<Growth>, end: Seq) -> Self {
        growth.end.store(end.0, Ordering::SeqCst);
        Self(growth)
    }

    /// The journal ends there now. Without a subscription this costs next to nothing.
    pub(super) fn grow(&self, end: Seq) {
        self.0.end.store(end.0, Ordering::SeqCst);
        self.0.grown.notify(usize::MAX);
    }
}

impl Drop for GrowthSide {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::SeqCst);
        self.0.grown.notify(usize::MAX);
    }
}
