//! Shuts a dispatcher down: nothing more starts, and what still runs after the grace time is cancelled or left to the
//! next one.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Dispatcher;
use super::shutdown::Shutdown;
use crate::scheduler::{AttemptId, Input, Phase, Record};

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
