//! The state of one task.

use serde::{Deserialize, Serialize};

/// How far one task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Not started, or to be tried again.
    Waiting,
    /// An attempt is under way, or settling.
    Running,
    /// Done.
    Succeeded,
    /// Its last attempt failed.
    Failed,
    /// Its last attempt ended unknown.
    InDoubt,
    /// An operator took it out.
    Skipped,
    /// It was not run and will not be.
    Cancelled,
}
