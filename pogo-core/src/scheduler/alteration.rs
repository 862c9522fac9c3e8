//! Changes of a job's limits while it runs.

use serde::{Deserialize, Serialize};

use crate::plan::{PlanError, WaveGate, check_limits};
use crate::policy::Limit;

/// A change of a job's limits, at once effective. `None` changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alteration {
    /// Time limit of one attempt, running ones included.
    #[serde(
        default,
        with = "crate::time::millis::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub attempt_timeout: Option<std::time::Duration>,
    /// After how long an attempt is told to be slow, running ones included; zero for never.
    #[serde(
        default,
        with = "crate::time::millis::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub slow_after: Option<std::time::Duration>,
    /// Time limit of the job, from its submission.
    #[serde(
        default,
        with = "crate::time::millis::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub job_timeout: Option<std::time::Duration>,
    /// How often a failed task is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    /// How often a task that could not connect is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_retries: Option<u32>,
    /// How many hosts may fail before the job halts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<u32>,
    /// How many hosts of a wave may fail without holding back the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_failures: Option<Limit>,
    /// What opens the next wave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<WaveGate>,
    /// How many of the job's hosts may run at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_parallel: Option<u32>,
    /// Priority over other jobs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
}

impl Alteration {
    /// Refuses limits under which nothing could run any more; pausing says so more plainly.
    pub(super) fn check(&self) -> Result<(), PlanError> {
        check_limits(self.attempt_timeout, self.max_parallel.map(Limit::Count))
    }
}
