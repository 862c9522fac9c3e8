//! WHEN: the state machine.

mod event;
mod ids;
mod input;
mod outcome;

pub use event::{Alteration, CancelReason, Event, Record, Tally};
pub use ids::{AttemptId, JobId};
pub use input::Input;
pub use outcome::{Failure, FailureKind, Outcome, Phase};
