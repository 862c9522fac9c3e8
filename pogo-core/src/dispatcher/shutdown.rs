//! The shutdown of a dispatcher, so that another can go on with its jobs.

use std::collections::BTreeSet;

use crate::Timestamp;
use crate::scheduler::AttemptId;

/// A shutdown in progress.
#[derive(Debug)]
pub(super) struct Shutdown {
    /// When running attempts are cancelled.
    grace_end: Timestamp,
    /// Whether that has happened.
    grace_is_over: bool,
    /// Attempts that are left to the next dispatcher.
    pub(super) left: BTreeSet<AttemptId>,
}

impl Shutdown {
    /// The grace ends then.
    pub(super) fn until(grace_end: Timestamp) -> Self {
        Self {
            grace_end,
            grace_is_over: false,
            left: BTreeSet::new(),
        }
    }

    /// Ends the grace then, if it would end later.
    pub(super) fn shorten(&mut self, end: Timestamp) {
        self.grace_end = self.grace_end.min(end);
    }

    /// The next deadline.
    pub(super) fn next_timeout(&self) -> Option<Timestamp> {
        (!self.grace_is_over).then_some(self.grace_end)
    }

    /// Whether running attempts were cancelled.
    pub(super) fn has_ended_grace(&self) -> bool {
        self.grace_is_over
    }

    /// Whether running attempts have to be cancelled now.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        !self.grace_is_over && self.grace_end <= now
    }

    /// Records that running attempts were cancelled, except those left to the next dispatcher.
    pub(super) fn end_grace(&mut self, left: BTreeSet<AttemptId>) {
        (self.grace_is_over, self.left) = (true, left);
    }
}
