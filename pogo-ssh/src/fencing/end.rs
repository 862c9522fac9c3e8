//! The outcome of an attempt whose end is learned from its host.

use std::ops::ControlFlow;

use pogo_core::scheduler::{Outcome, Phase};

use crate::classify::classify;
use crate::exec::ExitReport;

/// What is said of an attempt that ended, nobody knows how.
pub(crate) const GONE: &str = "what ran the attempt on the host is gone, and has left no word of its end";

/// Of one that ended in this phase, and whose last would have been that one.
pub(super) fn outcome_of_end((phase, report): (Phase, ExitReport), last: Phase) -> Outcome {
    match classify(phase, report) {
        ControlFlow::Break(outcome) => outcome,
        ControlFlow::Continue(()) if phase == last => Outcome::Succeeded,
        ControlFlow::Continue(()) => Outcome::in_doubt(format!(
            "the {phase} succeeded, and what follows it was not run: its dispatcher was gone"
        )),
    }
}
