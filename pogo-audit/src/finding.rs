//! The result of an audit that failed.

use std::fmt;

use serde::Serialize;

use pogo_core::Timestamp;

/// The first record of a log that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
// Counted from 1 in the sentence, as line numbers in editors are: a log is a file with a record per
// line.
#[error("record {} (at {at}): {message} [{rule}]", position + 1)]
#[non_exhaustive]
pub struct Finding {
    /// Its position in the log, from 0.
    pub position: usize,
    /// Its time.
    pub at: Timestamp,
    /// The rule it breaks.
    pub rule: BrokenRule,
    /// How, in one sentence.
    pub message: String,
}

/// The rule that a record breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BrokenRule {
    /// More hosts of a group run at once than a limit allows.
    Running,
    /// A host is taken out of service while as many of a group as a limit allows are.
    Available,
    /// A host starts before those that come before it.
    Order,
    /// A host runs twice, or more often than retries allow.
    Once,
    /// A host starts although too many have failed.
    Failures,
    /// A host starts although its job does not let it: paused, halted, too many at once, too early.
    Stopped,
    /// A host waits that could start.
    Idle,
    /// An attempt or a job goes on beyond its time limit.
    Time,
    /// A host starts although an operator has frozen it.
    Frozen,
    /// A host starts that somebody holds, by a job that is not under the hold, or it is held while it runs.
    Held,
    /// A host counts as done before it has been well for its settle time.
    Settle,
    /// Something runs on a host without permission to begin, or is permitted that the job or its host does not let
    /// start.
    Permission,
    /// A host in doubt on which an attempt may still run is freed or tried again without its word, and not by force.
    Doubt,
    /// After a restore a job goes on without an order, an attempt that had not ended is not in doubt, or a number is
    /// given again.
    Restored,
    /// The record cannot follow those before it: one is missing, moved or made up.
    Log,
}

impl BrokenRule {
    /// The rules that a job's own records show to be broken, by its own settings: its limit, its failure budget, its
    /// retries, its time limits. See [`Auditor::of_one_job`](crate::Auditor::of_one_job).
    pub const OF_ONE_JOB: &[Self] = &[
        Self::Once,
        Self::Failures,
        Self::Stopped,
        Self::Time,
        Self::Settle,
        Self::Permission,
        Self::Log,
    ];

    /// The others, which take the records of all jobs, the fleet, the policy, and what was ordered for hosts.
    pub const OF_ALL_JOBS: &[Self] = &[
        Self::Running,
        Self::Available,
        Self::Order,
        Self::Idle,
        Self::Frozen,
        Self::Held,
        Self::Doubt,
        Self::Restored,
    ];
}

impl fmt::Display for BrokenRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "running",
            Self::Available => "available",
            Self::Order => "order",
            Self::Once => "once",
            Self::Failures => "failures",
            Self::Stopped => "stopped",
            Self::Idle => "idle",
            Self::Time => "time",
            Self::Frozen => "frozen",
            Self::Held => "held",
            Self::Settle => "settle",
            Self::Permission => "permission",
            Self::Doubt => "doubt",
            Self::Restored => "restored",
            Self::Log => "log",
        })
    }
}

/// A rule and how it is broken, before it is known where.
pub(super) type Breach = (BrokenRule, String);

/// Refuses a record.
pub(super) fn broken<T>(rule: BrokenRule, message: impl Into<String>) -> Result<T, Breach> {
    Err((rule, message.into()))
}

/// Refuses an event that the audit has not learned to judge, so that a new one cannot be forgotten here.
pub(super) fn unknown(event: &impl fmt::Display) -> Result<(), Breach> {
    broken(BrokenRule::Log, format!("this audit cannot judge `{event}`"))
}
