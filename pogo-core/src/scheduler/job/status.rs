//! The status of a job.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The status of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum JobStatus {
    /// A task runs, or one will start by itself when a delay or a bake time is over.
    Running,
    /// Nothing runs; it goes on when other jobs give back hosts or slots.
    Waiting,
    /// An operator paused it.
    Paused,
    /// Nothing runs, and nothing can start without an operator, whatever other jobs do.
    Blocked,
    /// It was halted or aborted, by an order, by too many failures or by its time limit, and something still runs.
    Halting,
    /// It was halted, and nothing runs any more. An operator may resume it.
    Halted,
    /// Nothing runs or waits any more: every task has succeeded, failed, or was skipped, cancelled or left in doubt.
    Finished,
}

impl fmt::Display for JobStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Paused => "paused",
            Self::Blocked => "blocked",
            Self::Halting => "halting",
            Self::Halted => "halted",
            Self::Finished => "finished",
        })
    }
}

impl JobStatus {
    /// Whether every task has ended. A job that is halted is not over: it can be resumed.
    pub fn is_over(self) -> bool {
        self == Self::Finished
    }

    /// Whether the job may start tasks.
    pub fn may_start(self) -> bool {
        matches!(self, Self::Running | Self::Waiting | Self::Blocked)
    }

    /// Whether an operator may let the job go on.
    pub fn may_resume(self) -> bool {
        matches!(self, Self::Paused | Self::Halted | Self::Halting | Self::Blocked)
    }
}
