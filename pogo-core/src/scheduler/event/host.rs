//! What happens to hosts outside of jobs.

use crate::fleet::HostName;

/// An event of a host, outside of any job.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostEvent {
    /// The host.
    pub host: HostName,
    /// What happened.
    pub kind: HostEventKind,
}

/// What happened to a host.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostEventKind {
    /// It was found down, or taken down, outside of any job: it counts as unavailable.
    MarkedDown {
        /// Why.
        reason: String,
    },
    /// It is available again: it gives back every slot that it held outside of running tasks.
    MarkedUp {
        /// Why.
        reason: String,
    },
}

impl HostEventKind {
    pub(in crate::scheduler) fn marked(down: bool, reason: String) -> Self {
        match down {
            true => Self::MarkedDown { reason },
            false => Self::MarkedUp { reason },
        }
    }
}
