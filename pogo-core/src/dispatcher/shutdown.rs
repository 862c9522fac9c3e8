//! Ending a dispatcher so that another goes on with its jobs.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Dispatcher;
use crate::Timestamp;
use crate::scheduler::{AttemptId, Input, Phase, Record};

/// A dispatcher on its way to its end.
#[derive(Debug)]
pub(super) struct Shutdown {
    /// Until when what runs may end by itself.
    grace_end: Timestamp,
    /// Whether attempts that still ran then were cancelled.
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

    /// When there is something to do.
    pub(super) fn next_timeout(&self) -> Option<Timestamp> {
        (!self.grace_is_over).then_some(self.grace_end)
    }

    /// Whether what still runs is to be cancelled.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        !self.grace_is_over && self.grace_end <= now
    }

    /// What still runs was cancelled, except what is left to the next dispatcher.
    pub(super) fn end_grace(&mut self, left: BTreeSet<AttemptId>) {
        (self.grace_is_over, self.left) = (true, left);
    }
}

impl Dispatcher {
    /// Starts nothing more, and ends after so long at the latest. Of several times the earliest counts.
    pub(super) fn shut_down(&mut self, grace: Duration, records: &mut Vec<Record>) {
        let end = self.now.max(self.clock.now()) + grace;
        self.shutdown.get_or_insert_with(|| Shutdown::until(end)).shorten(end);
        self.drain(vec![], records);
    }

    /// Cancels attempts that still run, once their time is over. What the next dispatcher can resume is left to it.
    pub(super) fn end_grace(&mut self, records: &mut Vec<Record>) {
        let now = self.now.max(self.clock.now());
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

    /// Attempts that the next dispatcher can resume, and that are not to end.
    pub(super) fn left_to_the_next(&self) -> BTreeSet<AttemptId> {
        let left = self.resumable().into_iter().filter(|(_, cancelling)| !cancelling);
        left.map(|(attempt, _)| attempt.id).collect()
    }

    fn drain(&mut self, cancel: Vec<AttemptId>, records: &mut Vec<Record>) {
        // The scheduler named these attempts itself, so it does not refuse this.
        let _ = self.input(Input::Drain { cancel }, records);
    }
}
