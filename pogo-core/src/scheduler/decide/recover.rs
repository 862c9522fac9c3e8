//! Going on after a restart.

use std::collections::BTreeSet;

use crate::scheduler::{AttemptId, DoubtCause, Phase, Scheduler};

impl Scheduler {
    /// Whoever ran the attempts is gone: each that is not resumed is in doubt, by an event of its own.
    pub(super) fn recover(&mut self, resumed: &[AttemptId]) {
        let resumed: BTreeSet<AttemptId> = resumed.iter().copied().collect();
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
                self.doubt(attempt, message, DoubtCause::Restarted);
            }
        }
        // The log may end between a change of fleet and what follows from it.
        self.cancel_removed();
    }
}
