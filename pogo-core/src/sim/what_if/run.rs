//! The result of one run.

use std::time::Duration;

use serde::Serialize;

use crate::scheduler::{JobStatus, Tally};
use crate::time::millis;

/// How a job went in one run, in numbers; [`Scenario::history`](super::Scenario::history) has all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Run {
    /// What everything random came from.
    pub seed: u64,
    /// How the job ended, or where it got stuck.
    pub status: JobStatus,
    /// From its submission to the last end of an attempt. Serialized in milliseconds.
    #[serde(with = "millis")]
    pub makespan: Duration,
    /// How many of its tasks ended how.
    pub tally: Tally,
    /// The most tasks that ran at the same time.
    #[serde(rename = "widest")]
    pub peak_running: u32,
    /// What was used of each limit, in the order of the policy.
    pub groups: Vec<GroupUse>,
}

/// What was used of one limit in one run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GroupUse {
    /// The most hosts of the group that were unavailable at the same time.
    pub peak: u32,
    /// Time that slots stood idle, summed over the slots, while hosts of the group were still to be started. In
    /// milliseconds.
    #[serde(with = "millis")]
    pub idle: Duration,
    /// All the time of all slots until the last host of the group was started, idle or not. In milliseconds.
    #[serde(with = "millis")]
    pub offered: Duration,
}

impl Run {
    /// Whether every host was tried or skipped; otherwise the job was blocked, or stopped before it was over.
    pub fn is_complete(&self) -> bool {
        self.status == JobStatus::Finished && self.tally.cancelled == 0
    }
}
