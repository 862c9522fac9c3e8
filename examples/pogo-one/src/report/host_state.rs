//! The state of a host in its job.

use pogo_core::scheduler::Failure;

/// The state of a host in its job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum HostState {
    /// The host is not part of the job.
    #[default]
    Absent,
    /// It waits for its turn, or to be tried again.
    Waiting,
    /// An attempt is under way.
    Running,
    /// It is done.
    Succeeded,
    /// Its last attempt failed.
    Failed(Failure),
    /// The end of its last attempt is unknown; with what was seen last.
    InDoubt(String),
    /// Somebody counted it as done.
    Skipped,
    /// It will not be run in this job.
    Cancelled,
}

impl HostState {
    pub(super) fn is_bad(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::InDoubt(_))
    }
}
