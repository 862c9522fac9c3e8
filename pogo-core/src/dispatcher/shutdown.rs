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
    /// Whether what still ran then was told to end.
    grace_is_over: bool,
    /// Attempts that are left to the next dispatcher.
    pub(super) left: BTreeSet<AttemptId>,
}

impl Shutdown {
    /// When there is something to do.
    pub(super) fn next_timeout(&self) -> Option<Timestamp> {
        (!self.grace_is_over).then_some(self.grace_end)
    }
}

impl Dispatcher {
    /// Starts nothing more, and ends after so long at the latest. Of several times the earliest counts.
    pub(super) fn shut_down(&mut self, grace: Duration, records: &mut Vec<Record>) {
        let end = self.now.max(self.clock.now()) + grace;
        match &mut self.shutdown {
            Some(shutdown) => shutdown.grace_end = shutdown.grace_end.min(end),
            None => {
                self.drain(vec![], records);
                self.shutdown = Some(Shutdown {
                    grace_end: end,
                    grace_is_over: false,
                    left: BTreeSet::new(),
                });
            }
        }
    }

    /// Tells what still runs to end, once its time is over. What the next dispatcher can resume is left to it.
    pub(super) fn end_grace(&mut self, records: &mut Vec<Record>) {
        let now = self.now.max(self.clock.now());
        let due = |shutdown: &&Shutdown| !shutdown.grace_is_over && shutdown.grace_end <= now;
        if self.shutdown.as_ref().filter(due).is_none() {
            return;
        }
        let left = self.resumable().into_iter();
        let left: BTreeSet<AttemptId> = left
            .filter(|(_, cancelling)| !cancelling)
            .map(|(attempt, _)| attempt.id)
            .collect();
        let running = self.scheduler.attempts().into_iter();
        let cancel = running
            .filter(|running| running.phase != Phase::Settle && !left.contains(&running.id))
            .map(|running| running.id)
            .collect();
        if let Some(shutdown) = &mut self.shutdown {
            (shutdown.grace_is_over, shutdown.left) = (true, left);
        }
        self.drain(cancel, records);
    }

    fn drain(&mut self, cancel: Vec<AttemptId>, records: &mut Vec<Record>) {
        // The scheduler named these attempts itself, so it does not refuse this.
        let _ = self.input(Input::Drain { cancel }, records);
    }
}
