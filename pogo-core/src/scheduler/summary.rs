//! What is known, as plain data that can be sent and stored.

use serde::{Deserialize, Serialize};

use super::{AttemptView, BucketView, Freeze, HoldView, Holder, JobId, JobStatus, JobView, Obstacle, Scheduler, Tally};
use crate::Timestamp;
use crate::fleet::Selector;
use crate::plan::HoldOwner;
use crate::policy::{Origin, Rule};

/// A namespace as it stands: what is alive in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NamespaceSummary {
    /// The latest time that the scheduler has seen.
    pub at: Timestamp,
    /// How many hosts the fleet has.
    pub hosts: usize,
    /// Jobs that have not retired, in the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<JobSummary>,
    /// Attempts under way, in the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<AttemptView>,
    /// Freezes in force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freezes: Vec<Freeze>,
    /// Holds, in force and waiting.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<HoldView>,
}

/// A job as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JobSummary {
    /// Its number.
    pub job: JobId,
    /// Who asked for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Its hosts, as they were named.
    pub targets: Selector,
    /// Whose holds it runs under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under_hold: Option<HoldOwner>,
    /// How it is doing.
    pub status: JobStatus,
    /// When it was submitted.
    pub submitted: Timestamp,
    /// How many of its tasks are in which state.
    pub tally: Tally,
    /// The wave that may begin as soon as its gate opens, if one waits for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_wave: Option<u32>,
    /// What only an order clears of what keeps its hosts from starting; see [`JobView::blockers`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blockers: Vec<Obstacle>,
}

/// The slots of one limit, and who has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Slots {
    /// The group that it counts.
    pub group: String,
    /// The rule as the policy says it.
    pub rule: Rule,
    /// Where that was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// How many there are.
    pub slots: u32,
    /// Hosts of the group that run a task.
    pub running: u32,
    /// Unavailable hosts of the group, which include those that run.
    pub unavailable: u32,
    /// Who has them, why and since when, in fleet order; a host once for each reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holders: Vec<Holder>,
}

impl Scheduler {
    /// What is alive, as plain data. Time is linear in the hosts of jobs that are not finished.
    pub fn summary(&self) -> NamespaceSummary {
        NamespaceSummary {
            at: self.now(),
            hosts: self.configured_fleet().map_or(0, |fleet| fleet.len()),
            jobs: self.jobs().map(|job| job.summary()).collect(),
            attempts: self.attempts(),
            freezes: self.freezes().cloned().collect(),
            holds: self.holds().collect(),
        }
    }

    /// The slots of every limit, in the order of the policy.
    pub fn slots(&self) -> Vec<Slots> {
        self.buckets().map(|bucket| bucket.slots()).collect()
    }
}

impl JobView<'_> {
    /// The job, as plain data.
    pub fn summary(&self) -> JobSummary {
        let spec = self.spec();
        JobSummary {
            job: self.id(),
            user: spec.user.clone(),
            targets: spec.targets.clone(),
            under_hold: spec.under_hold.clone(),
            status: self.status(),
            submitted: self.submitted(),
            tally: self.tally(),
            next_wave: self.next_wave(),
            blockers: self.blockers(),
        }
    }
}

impl BucketView<'_> {
    /// The bucket and who holds its slots, as plain data.
    pub fn slots(&self) -> Slots {
        let bucket = self.bucket();
        Slots {
            group: bucket.group.clone(),
            rule: bucket.rule,
            origin: bucket.origin.clone(),
            slots: bucket.slots,
            running: self.running(),
            unavailable: self.unavailable(),
            holders: self.holders(),
        }
    }
}
