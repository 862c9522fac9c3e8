//! The answer to an order.

use serde::{Deserialize, Serialize};

use crate::scheduler::JobId;

/// The answer to an order that was carried out. What it leads to is seen in the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Answer {
    /// It was carried out.
    #[default]
    Done,
    /// It was so already: nothing has changed.
    Unchanged,
    /// This job was taken on.
    Job(JobId),
    /// It concerned so many hosts of the job.
    Hosts(u32),
    /// This wave begins.
    Wave(u32),
}

impl Answer {
    /// The job that was taken on, if one was.
    pub fn job(self) -> Option<JobId> {
        match self {
            Self::Job(job) => Some(job),
            _ => None,
        }
    }
}
