//! The state of one task.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The state of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TaskState {
    /// It has not started, or waits to be tried again: after a failure with retries left, or by an order to retry it.
    Waiting,
    /// An attempt is running, or has succeeded and its host settles.
    Running,
    /// Its last attempt succeeded, and its host has settled.
    Succeeded,
    /// Its last attempt failed, and no retry was left or allowed.
    Failed,
    /// Its last attempt is in doubt, and the job does not retry such attempts.
    InDoubt,
    /// An operator skipped it: it counts as done.
    Skipped,
    /// It was waiting when its job was aborted, or its host had left the fleet and did not come back in time. It will
    /// not be run.
    Cancelled,
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Succeeded => "done",
            Self::Failed => "failed",
            Self::InDoubt => "in doubt",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
        })
    }
}
