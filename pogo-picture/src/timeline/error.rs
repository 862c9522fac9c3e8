//! Errors of reading a log.

use pogo_core::journal::ReplayError;
use pogo_core::scheduler::JobId;

/// Why a log cannot be drawn as a timeline.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TimelineError {
    /// A record cannot follow those before it.
    #[error(transparent)]
    Damaged(#[from] ReplayError),
    /// No job was ever submitted.
    #[error("the log has no job; draw it once one is submitted")]
    NoJob,
    /// The requested job does not exist.
    #[error("the log has no {job}")]
    UnknownJob {
        /// The job.
        job: JobId,
    },
}
