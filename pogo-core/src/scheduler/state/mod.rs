//! The scheduler's state, and the one way it changes: [`State::apply`].
//!
//! Nothing here decides, and nothing depends on how decisions were found: the same events give an equal
//! state, whether live or replayed.

mod answered_doubts;
mod apply;
mod apply_task;
mod attempt_times;
mod attempts;
mod backoff;
mod budget;
mod by_host;
mod configure;
mod doubts;
mod effect;
mod gates;
mod holds;
mod host_changes;
mod hosts;
mod incarnations;
mod job;
mod jobs;
mod jobs_on_hosts;
mod permission;
mod remnants;
mod requests;
mod retiring;
mod room;
mod steering;
mod tasks;
mod transitions;
mod validate;

use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) use apply::Hint;
pub(crate) use attempt_times::AttemptTimes;
pub(crate) use attempts::{Attempts, Running};
pub(crate) use backoff::Backoff;
pub(crate) use budget::Budget;
pub(crate) use by_host::JobsByHost;
pub(crate) use doubts::{Doubt, DoubtAt, Doubts};
pub(crate) use effect::{Effect, Effects};
pub(crate) use gates::Gates;
pub(crate) use holds::HoldBlocked;
pub(crate) use hosts::{FailedAttempt, HostState, Hosts};
pub(crate) use job::{Compiled, Job, Target, Task, TaskAt, TaskRecord};
pub(crate) use remnants::{Remnant, Retired};
pub(crate) use requests::{AnsweredRequest, Requests};
pub(crate) use transitions::{JobChange, TaskChange};

use super::collections::JobMap;
use super::host::{Freezes, Holds};
use super::limits::Usage;
use super::{JobId, JobStatus, Restoration};
use crate::Timestamp;
use crate::fleet::{Fleet, HostId};
use crate::plan::{Bucket, BucketId, Rules};
use crate::policy::Policy;

/// The state of a scheduler.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    /// The time of the last event.
    pub(super) at: Timestamp,
    pub(super) fleet: Arc<Fleet>,
    /// The fleet as it was configured last, without those who have left it and are still known; `None` before the
    /// first.
    pub(super) given: Option<Arc<Fleet>>,
    pub(super) policy: Arc<Policy>,
    pub(super) rules: Rules,
    pub(super) hosts: Hosts,
    /// How much of each bucket is used.
    pub(super) usage: Vec<Usage>,
    pub(super) jobs: JobMap<Job>,
    /// Jobs that have not finished.
    pub(super) active: BTreeSet<JobId>,
    /// Jobs that have, and when: they retire in this order.
    pub(super) finished: BTreeSet<(Timestamp, JobId)>,
    pub(super) retired: Retired,
    pub(super) by_host: JobsByHost,
    pub(super) attempts: Attempts,
    pub(super) doubts: Doubts,
    pub(super) freezes: Freezes,
    pub(super) holds: Holds,
    /// The highest number that was given to a job.
    pub(super) last_job: JobId,
    pub(super) requests: Requests,
    /// Every restore of the namespace, the first one first.
    pub(super) restorations: Vec<Restoration>,
}

impl Default for State {
    fn default() -> Self {
        let (fleet, policy) = (Fleet::default(), Policy::default());
        Self {
            at: Timestamp::EPOCH,
            rules: Rules::empty(),
            fleet: Arc::new(fleet),
            given: None,
            policy: Arc::new(policy),
            hosts: Hosts::default(),
            usage: vec![],
            jobs: JobMap::default(),
            active: BTreeSet::new(),
            finished: BTreeSet::new(),
            retired: Retired::default(),
            by_host: JobsByHost::default(),
            attempts: Attempts::default(),
            doubts: Doubts::default(),
            freezes: Freezes::default(),
            holds: Holds::default(),
            last_job: JobId::new(0),
            requests: Requests::default(),
            restorations: vec![],
        }
    }
}

impl State {
    pub(super) fn bucket(&self, bucket: BucketId) -> (&Bucket, Usage) {
        (self.rules.bucket(bucket), self.usage[bucket.index()])
    }

    /// Whether nothing of a job starts on a host, whatever else allows it: it is frozen, has left the fleet, or
    /// somebody holds it and the job is not under this hold.
    pub(super) fn is_barred(&self, job: &Job, host: HostId) -> bool {
        self.freezes.is_frozen(host) || self.hosts.is_removed(host) || self.is_held_against(job, host)
    }

    pub(super) fn is_unfinished(&self, job: JobId) -> bool {
        self.jobs.get(&job).is_some_and(|job| job.status != JobStatus::Finished)
    }

    /// Jobs that may still start something, now or after an order.
    pub(super) fn unfinished(&self) -> impl Iterator<Item = &Job> {
        self.active.iter().filter_map(|job| self.jobs.get(job))
    }
}
