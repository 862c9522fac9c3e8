//! What is in the way of a host: machine-readable, and in one sentence.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::JobId;
use crate::Timestamp;
use crate::fleet::{HostName, fold};
use crate::policy::Rule;

/// One thing that keeps a waiting host from starting. Displays as a sentence that says what would clear it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "blocker", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Blocker {
    /// A bucket has no place left.
    BucketFull {
        /// The group it counts.
        group: String,
        /// The rule as the policy says it.
        rule: Rule,
        /// The resolved number of places.
        places: u32,
        /// Who holds them, and since when.
        holders: Vec<Holder>,
    },
    /// An earlier stage is not complete.
    GateClosed {
        /// The sequence.
        sequence: String,
        /// The stage that waits.
        stage: String,
        /// The stage that it waits for.
        after: String,
        /// Hosts of that stage that have not ended.
        pending: Vec<HostName>,
        /// Hosts of that stage that failed or are in doubt.
        failed: Vec<HostName>,
        /// How many of them may fail.
        allowed: u32,
    },
    /// The wave before is done, and its bake time has not passed.
    Baking {
        /// When it has.
        until: Timestamp,
    },
    /// Another job runs on the host.
    Leased {
        /// The job.
        job: JobId,
    },
    /// The task is to be tried again, but not yet.
    Backoff {
        /// When.
        until: Timestamp,
    },
    /// An operator paused the job.
    Paused,
    /// The job starts no more.
    Halted,
    /// Too many of the job's hosts failed in a group.
    FailureBudget {
        /// The group.
        group: String,
        /// How many failed.
        failures: u32,
        /// How many may.
        allowed: u32,
    },
    /// The job runs as many hosts at once as it allows itself.
    JobMaxParallel {
        /// How many that is.
        limit: u32,
    },
}

/// A host that holds a place of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The host.
    pub host: HostName,
    /// Why it counts.
    #[serde(flatten)]
    pub reason: HolderReason,
    /// Since when it is unavailable.
    pub since: Timestamp,
}

/// Why a host is unavailable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum HolderReason {
    /// It runs a task.
    Running {
        /// Of this job.
        job: JobId,
    },
    /// Its last attempt failed.
    Failed {
        /// In this job.
        job: JobId,
    },
    /// Its last attempt ended unknown.
    InDoubt {
        /// In this job.
        job: JobId,
    },
    /// It is marked down.
    Down,
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BucketFull {
                group, rule, places: 0, ..
            } => {
                write!(f, "`{rule}` leaves `{group}` no place at all; raise the limit")
            }
            Self::BucketFull {
                group,
                rule,
                places,
                holders,
            } => {
                write!(f, "all {places} places of `{group}` ({rule}) are taken: ")?;
                held(f, holders)
            }
            Self::GateClosed {
                sequence,
                stage,
                after,
                pending,
                failed,
                allowed,
            } => {
                write!(f, "`{stage}` comes after `{after}` in sequence `{sequence}`, where ")?;
                match (pending.is_empty(), failed.is_empty()) {
                    (true, _) => {
                        write!(
                            f,
                            "{} failed ({} > {allowed} allowed); retry or skip them",
                            fold(failed),
                            failed.len()
                        )
                    }
                    (false, true) => write!(f, "{} still has to end", fold(pending)),
                    (false, false) => {
                        write!(
                            f,
                            "{} still has to end and {} failed ({allowed} allowed)",
                            fold(pending),
                            fold(failed)
                        )
                    }
                }
            }
            Self::Baking { until } => write!(f, "the wave before is being watched until {until}"),
            Self::Leased { job } => write!(f, "{job} is running there"),
            Self::Backoff { until } => write!(f, "it is tried again at {until}"),
            Self::Paused => f.write_str("the job is paused; resume it"),
            Self::Halted => f.write_str("the job is halted; resume it"),
            Self::FailureBudget {
                group,
                failures,
                allowed,
            } => {
                write!(
                    f,
                    "{failures} hosts failed in `{group}`, where {allowed} may; retry or skip them, or resume the job"
                )
            }
            Self::JobMaxParallel { limit } => write!(f, "the job runs {limit} hosts at once, as many as it may"),
        }
    }
}

fn held(f: &mut fmt::Formatter<'_>, holders: &[Holder]) -> fmt::Result {
    type Kind = (&'static str, fn(&HolderReason) -> bool);
    const KINDS: [Kind; 4] = [
        ("failed", |reason| matches!(reason, HolderReason::Failed { .. })),
        ("in doubt", |reason| matches!(reason, HolderReason::InDoubt { .. })),
        ("down", |reason| matches!(reason, HolderReason::Down)),
        ("running", |reason| matches!(reason, HolderReason::Running { .. })),
    ];
    let mut first = true;
    for (kind, is) in KINDS {
        let hosts: Vec<&HostName> = holders
            .iter()
            .filter(|holder| is(&holder.reason))
            .map(|holder| &holder.host)
            .collect();
        if !hosts.is_empty() {
            write!(f, "{}{} ({kind})", if first { "" } else { ", " }, fold(hosts))?;
            first = false;
        }
    }
    let stuck = holders
        .iter()
        .any(|holder| !matches!(holder.reason, HolderReason::Running { .. }));
    f.write_str(if stuck {
        "; retry, skip or mark up the hosts that do not serve"
    } else {
        "; it goes on when one ends"
    })
}
