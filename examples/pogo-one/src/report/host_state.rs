//! The state of a host in its job.

use pogo_core::scheduler::Failure;

/// The state of a host in its job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum HostState {
    /// The host is not part of the job.
    #[default]
    Absent,
    Waiting,
    Running,
    Succeeded,
    Failed(Failure),
    InDoubt(String),
    Skipped,
    Cancelled,
}

impl HostState {
    pub(super) fn is_bad(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::InDoubt(_))
    }
}
