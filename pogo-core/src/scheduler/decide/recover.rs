//! Recovery after a restart, and draining before a shutdown.

use std::collections::BTreeSet;

use crate::scheduler::state::Running;
use crate::scheduler::{AttemptId, CancelReason, DoubtCause, Phase, Scheduler};

impl Scheduler {
    /// Handles the loss of the dispatcher: each attempt that is not resumed is in doubt or never began, by its own
    /// event.
    pub(super) fn recover(&mut self, resumed: &[AttemptId]) {
        let resumed: BTreeSet<AttemptId> = resumed.iter().copied().collect();
        // Collected first, in the order of their numbers: each doubt changes the attempts, and a
        // replay needs one order.
        let attempts: Vec<(AttemptId, Phase)> = self
            .state
            .attempts
            .in_order()
            .into_iter()
            .map(|(attempt, running)| (attempt, running.phase))
            .collect();
        for (attempt, phase) in attempts {
            // A settling host has succeeded; its time goes on.
            if phase != Phase::Settle && !resumed.contains(&attempt) {
                let message = "the dispatcher was restarted while it ran".to_owned();
                self.doubt(attempt, message, (DoubtCause::Restarted, None));
            }
        }
    }

    /// Starts nothing more, and cancels these attempts.
    pub(super) fn drain(&mut self, cancel: Vec<AttemptId>) {
        // A flag of the machine and no event: a freeze or a pause would have to be lifted by somebody, and would stay
        // where the dispatcher dies on the way.
        self.draining = true;
        for attempt in cancel {
            let runs = |running: &Running| running.phase != Phase::Settle && running.cancelling.is_none();
            if self.state.attempts.get(attempt).is_some_and(runs) {
                self.request_cancel(attempt, CancelReason::Shutdown);
            }
        }
    }
}
