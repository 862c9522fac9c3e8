//! How a job ended.

use serde::{Deserialize, Serialize};

use crate::scheduler::{JobId, JobStatus, Tally};

/// The end of a job, or the status in which it needs an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct JobEnd {
    /// The job.
    pub job: JobId,
    /// `Finished` when every host has ended, `Halted` when it was stopped before, `Blocked` when it waits for an
    /// operator.
    pub status: JobStatus,
    /// The number of its hosts in each state.
    pub tally: Tally,
}
