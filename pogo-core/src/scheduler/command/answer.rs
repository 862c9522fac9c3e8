//! The answer to an order.

use serde::{Deserialize, Serialize};

use crate::scheduler::JobId;

/// The answer to an order that was carried out. What follows from the order is in the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Answer {
    /// It was carried out.
    #[default]
    Done,
    /// Nothing has changed: it was so already.
    Unchanged,
    /// The order made this job: it was submitted, or hosts of a retired job are retried in it.
    Job(JobId),
    /// The order applied to this many hosts of the job.
    Hosts(u32),
    /// This wave begins.
    Wave(u32),
}

impl Answer {
    /// The job that the order made, if it made one.
    pub fn job(self) -> Option<JobId> {
        match self {
            Self::Job(job) => Some(job),
            _ => None,
        }
    }
}
