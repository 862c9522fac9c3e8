//! How those who follow a journal learn that it has grown.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use event_listener::{Event as Notification, EventListener};

use super::recent_records::RecentRecords;
use crate::journal::Seq;
use crate::scheduler::Record;

/// Wakes subscriptions when the journal has grown, and at its end. It buffers only the latest records, once for all who
/// follow: older ones are read from the journal, so that a slow subscriber costs no memory.
#[derive(Default)]
pub(super) struct Growth {
    ended: AtomicBool,
    end: AtomicU64,
    grown: Notification,
    readers: AtomicUsize,
    recent: Mutex<RecentRecords>,
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

    /// Records from a position on that are still in memory, at most so many; none if it is too far behind.
    pub(super) fn recent(&self, from: Seq, most: usize) -> VecDeque<Record> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.from(from, most)
    }

    /// Counts another reader: records are kept as long as there is any.
    pub(super) fn enter(&self) {
        self.readers.fetch_add(1, Ordering::SeqCst);
    }

    /// Counts a reader less.
    pub(super) fn leave(&self) {
        self.readers.fetch_sub(1, Ordering::SeqCst);
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

    /// The journal ends there now, with these records. Without a subscription this costs next to nothing.
    pub(super) fn grow(&self, records: &[Record], end: Seq) {
        {
            let mut recent = self.0.recent.lock().unwrap_or_else(PoisonError::into_inner);
            match self.0.readers.load(Ordering::SeqCst) {
                0 => recent.clear(),
                _ => recent.push(records, end),
            }
        }
        // Behind the records, so that whoever sees the new end finds them in memory.
        self.0.end.store(end.0, Ordering::SeqCst);
        self.0.grown.notify(usize::MAX);
    }
}

impl Drop for GrowthSide {
    fn drop(&mut self) {
        // Before the notification: a reader that is woken and sees neither growth nor end would
        // sleep for ever.
        self.0.ended.store(true, Ordering::SeqCst);
        self.0.grown.notify(usize::MAX);
    }
}
