//! What the dispatcher hears when an attempt has ended.

use crate::scheduler::{AttemptId, Outcome, OutputSummary};

/// The end of an attempt, with a summary of its output.
// Below both the attempts that run and the inputs that wait: a commit waits by what is queued, and its patience by
// what runs, so neither may know the other.
pub(super) type AttemptEnd = (AttemptId, Outcome, Option<OutputSummary>);
