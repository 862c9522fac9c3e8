//! From records back to a scheduler.

use super::Seq;
use crate::scheduler::{ApplyError, Record, Scheduler};

/// A journal that cannot be replayed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the journal is damaged at record {at}: {error}")]
#[non_exhaustive]
pub struct ReplayError {
    /// The record that does not fit.
    pub at: Seq,
    /// Why not.
    #[source]
    pub error: ApplyError,
}

impl ReplayError {
    /// This record does not fit those before it.
    pub fn new(at: Seq, error: ApplyError) -> Self {
        Self { at, error }
    }
}

/// The scheduler that wrote these records, as it was after the last of them.
///
/// Whoever goes on with it handles [`Input::Recover`](crate::scheduler::Input::Recover) first, so that tasks that
/// were running become in doubt.
///
/// # Errors
/// The first record that cannot follow those before it.
pub fn replay<'a>(records: impl IntoIterator<Item = &'a Record>) -> Result<Scheduler, ReplayError> {
    let mut scheduler = Scheduler::new();
    for (record, at) in records.into_iter().zip(0..) {
        scheduler
            .apply(record)
            .map_err(|error| ReplayError { at: Seq(at), error })?;
    }
    Ok(scheduler)
}
