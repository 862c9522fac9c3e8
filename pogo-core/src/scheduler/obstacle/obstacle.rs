//! Obstacles that keep a host from starting, and their cures.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::fleet::HostName;
use crate::policy::{Origin, Rule};
use crate::scheduler::{Cure, Freeze, Hold, HoldView, Holder, JobId, NeverBegan, Steered};

/// One thing that keeps a waiting host from starting, and the orders that clear it.
///
/// Displays as a sentence that names the obstacle and the first cure, with times in UTC;
/// [`sentence`](Self::sentence) writes them otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Obstacle {
    /// What is in the way.
    #[serde(flatten)]
    pub blocker: Blocker,
    /// Whether it goes away without any order, if all goes well: what runs succeeds, and time passes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub passes: bool,
    /// Ways to clear it, the best first. Each is accepted as it is and clears it on its own, if the hosts that it
    /// starts succeed. Without one, what it waits for has obstacles of its own, which are listed beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cures: Vec<Cure>,
}

/// The kind of an obstacle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "blocker", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Blocker {
    /// A bucket has no slot left.
    BucketFull {
        /// The group it counts.
        group: String,
        /// The rule as in the policy.
        rule: Rule,
        /// The resolved number of slots.
        #[serde(alias = "places")]
        slots: u32,
        /// The hosts that hold them, why and since when.
        holders: Vec<Holder>,
        /// Holds that wait for its slots, and keep what they take until somebody ends them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        in_line: Vec<HoldView>,
        /// Where the rule was written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<Origin>,
    },
    /// An earlier stage is not complete.
    GateClosed {
        /// The sequence.
        sequence: String,
        /// The stage that waits.
        stage: String,
        /// The stage that it waits for.
        after: String,
        /// Hosts of that stage that wait or run.
        #[serde(with = "crate::fleet::host_list")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        pending: Vec<HostName>,
        /// Hosts of that stage that failed or are in doubt.
        #[serde(with = "crate::fleet::host_list")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        failed: Vec<HostName>,
        /// Hosts of that stage that were cancelled before they ran.
        #[serde(with = "crate::fleet::host_list", default, skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        cancelled: Vec<HostName>,
        /// How many of them may fail.
        allowed: u32,
    },
    /// The wave before is done, and its bake time has not passed.
    Baking {
        /// When it has.
        until: Timestamp,
    },
    /// The wave before is done, and an order begins the next.
    Unpromoted {
        /// The wave that waits, from 1; wave 0 is open from the start.
        wave: u32,
    },
    /// An operator froze the host.
    Frozen {
        /// Who, since when and why.
        #[serde(flatten)]
        freeze: Freeze,
    },
    /// Somebody else holds the host, or will before its turn comes.
    Held {
        /// Of one host its name; of a job all hosts that this owner keeps from starting.
        #[serde(with = "crate::fleet::host_list")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        hosts: Vec<HostName>,
        /// Who, since when and why: of several hosts, of the first.
        #[serde(flatten)]
        hold: Hold,
    },
    /// The host has left the fleet. The job waits for it for a while.
    LeftFleet {
        /// When it left.
        since: Timestamp,
        /// When it is cancelled, if it has not come back.
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
        /// Why its attempt never began; `None` after a failure.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        never_began: Option<NeverBegan>,
    },
    /// An operator paused the job.
    Paused {
        /// Who, when and why, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        steered: Option<Box<Steered>>,
    },
    /// The job starts no more.
    Halted {
        /// Who halted or aborted it, when and why, if somebody did and that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        steered: Option<Box<Steered>>,
    },
    /// Too many of the job's hosts failed in a group.
    FailureBudget {
        /// The group.
        group: String,
        /// How many failed.
        failures: u32,
        /// How many may.
        allowed: u32,
        /// Which.
        #[serde(with = "crate::fleet::host_list", default, skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        failed: Vec<HostName>,
    },
    /// The job runs as many hosts at once as it allows itself.
    JobMaxParallel {
        /// How many that is.
        limit: u32,
    },
    /// Ends the obstacles of a record that would otherwise be larger than the journal takes. The scheduler itself, when
    /// asked, gives all.
    LeftOut {
        /// How many obstacles, and hosts that hold slots, are not in the record.
        count: u32,
    },
}

impl Obstacle {
    /// An obstacle that goes away by itself.
    pub(in crate::scheduler) fn passing(blocker: Blocker) -> Self {
        Self {
            blocker,
            passes: true,
            cures: vec![],
        }
    }

    /// An obstacle that stays until an operator acts.
    pub(crate) fn lasting(blocker: Blocker, cures: Vec<Cure>) -> Self {
        Self {
            blocker,
            passes: false,
            cures,
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence(&Timestamp::utc))
    }
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(&Timestamp::utc))
    }
}
