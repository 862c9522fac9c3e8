//! Why a query has no answer.

use crate::fleet::{HostName, ResolveError};
use crate::scheduler::JobId;

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// No such job.
    #[error("there is no {job}; ask for the jobs that there are")]
    UnknownJob {
        /// The job.
        job: JobId,
    },
    /// The job has retired.
    #[error("{job} is over and has left the scheduler; the journal has its records")]
    RetiredJob {
        /// The job.
        job: JobId,
    },
    /// The job does not have this host.
    #[error("host `{host}` is not one of the targets of {job}")]
    NotInJob {
        /// The job.
        job: JobId,
        /// The host.
        host: HostName,
    },
    /// The fleet does not have the hosts that it names.
    #[error(transparent)]
    Hosts(#[from] ResolveError),
    /// The follower that was asked has not received a snapshot yet.
    #[error("no snapshot of the namespace has come yet; ask again when the stream has brought one")]
    NoSnapshot,
    /// The dispatcher that was asked has stopped.
    #[error("the dispatcher has stopped; ask the one that has taken over")]
    Stopped,
}
