//! What a job gets that does not say otherwise.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Limit;
use crate::time::millis;

/// Namespace-wide defaults for jobs. `None` leaves pogo's own default in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defaults {
    /// Time limit of one attempt.
    #[serde(default, with = "millis::option", skip_serializing_if = "Option::is_none")]
    pub attempt_timeout: Option<Duration>,
    /// After how long an attempt is told to be slow; zero for never.
    #[serde(default, with = "millis::option", skip_serializing_if = "Option::is_none")]
    pub slow_after: Option<Duration>,
    /// Time limit of a whole job.
    #[serde(default, with = "millis::option", skip_serializing_if = "Option::is_none")]
    pub job_timeout: Option<Duration>,
    /// How often a failed task is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    /// How often a task that could not connect is tried again, apart from `retries`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_retries: Option<u32>,
    /// Time before a task is tried again, to which jitter is added.
    #[serde(default, with = "millis::option", skip_serializing_if = "Option::is_none")]
    pub retry_delay: Option<Duration>,
    /// How long a host is watched after success before its place is given away.
    #[serde(default, with = "millis::option", skip_serializing_if = "Option::is_none")]
    pub settle: Option<Duration>,
    /// How many of a job's hosts may fail before the job is stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<Limit>,
    /// What becomes of a host whose attempt ended unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_doubt: Option<OnDoubt>,
    /// Directory of pre-hooks on the targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pre_hooks: Option<String>,
    /// Directory of post-hooks on the targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_hooks: Option<String>,
}

/// What becomes of a host whose attempt ended unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDoubt {
    /// It stays in doubt until an operator decides.
    #[default]
    Fail,
    /// It is tried again like a failed one, although the command may then happen twice.
    Retry,
}
