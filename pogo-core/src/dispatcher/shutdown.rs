//! Shuts a dispatcher down so that another can go on with its jobs.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Dispatcher;
use crate::Timestamp;
use crate::scheduler::{AttemptId, Input, Phase, Record};

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

impl Dispatcher {
    /// Begins a shutdown with this grace time. Of several the earliest end counts.
    pub(super) fn shut_down(&mut self, grace: Duration, records: &mut Vec<Record>) {
        let end = self.now.max(self.io.clock.now()) + grace;
        self.shutdown.get_or_insert_with(|| Shutdown::until(end)).shorten(end);
        self.drain(vec![], records);
    }

    /// Cancels attempts that still run after the grace time. Those that the next dispatcher can resume are left to it.
    pub(super) fn end_grace(&mut self, records: &mut Vec<Record>) {
        let now = self.now.max(self.io.clock.now());
        if !self.shutdown.as_ref().is_some_and(|shutdown| shutdown.is_due(now)) {
            return;
        }
        let left = self.left_to_the_next();
        let running = self.scheduler.attempts().into_iter();
        let cancel = running
            .filter(|running| running.phase != Phase::Settle && !left.contains(&running.id))
            .map(|running| running.id)
            .collect();
        if let Some(shutdown) = &mut self.shutdown {
            shutdown.end_grace(left);
        }
        self.drain(cancel, records);
    }

    /// Attempts that the next dispatcher can resume, and that are not being cancelled.
    pub(super) fn left_to_the_next(&self) -> BTreeSet<AttemptId> {
        let left = self.resumable().into_iter().filter(|(_, cancelling)| !cancelling);
        left.map(|(attempt, _)| attempt.id).collect()
    }

    fn drain(&mut self, cancel: Vec<AttemptId>, records: &mut Vec<Record>) {
        // Never refused: the scheduler listed these attempts itself.
        let _ = self.input(Input::Drain { cancel }, records);
    }
}
