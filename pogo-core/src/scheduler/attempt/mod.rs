//! What is said of an attempt: whether it may begin, how it ended, and what its host knows of it.

mod failure_cause;
mod fence;
mod lock_holder;
mod outcome;
mod output_summary;
mod permission;

pub use failure_cause::FailureCause;
pub use fence::{DoubtView, FenceAnswer, FenceState};
pub use lock_holder::LockHolder;
pub use outcome::{Failure, FailureKind, NeverBegan, Outcome, Phase};
pub use output_summary::OutputSummary;
pub use permission::{BeginRefused, Permission};
