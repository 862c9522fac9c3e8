//! Forecasts what happens without any order if all goes well: what runs succeeds, and time passes. What has not begun
//! and would be refused does not succeed, and hosts that have left the fleet do not come back.
//!
//! In case of doubt it expects the worse, so that a host that needs no order may be offered one, and
//! never the other way round.

use std::collections::{BTreeMap, BTreeSet};

use crate::fleet::HostId;
use crate::plan::BucketId;
use crate::saturating::saturating_u32;
use crate::scheduler::state::{Budget, Job, State};
use crate::scheduler::{JobStatus, TaskState};

/// Which hosts will be available, and which buckets will have a slot, without any order.
pub(super) struct Forecast<'a> {
    pub(super) state: &'a State,
    /// Hosts that stay unavailable unless an operator acts, in fleet order.
    stuck: Vec<HostId>,
    /// How many of them each bucket counts.
    held: BTreeMap<BucketId, u32>,
}

impl<'a> Forecast<'a> {
    pub(super) fn new(state: &'a State) -> Self {
        Self::beside(state, None)
    }

    /// The forecast for whoever waits to hold a host, who is not in the own way.
    pub(super) fn beside(state: &'a State, own: Option<HostId>) -> Self {
        let mut this = Self {
            state,
            stuck: vec![],
            held: BTreeMap::new(),
        };
        let stuck = state.hosts.stuck().filter(|&host| !this.recovers(host));
        // Who waits to hold a host may be first, and then keeps it.
        let awaited = state.awaited_hosts().filter(|&host| own != Some(host));
        // A set, since a host that is stuck may be awaited as well, and holds one slot.
        let stuck: BTreeSet<HostId> = stuck.chain(awaited).collect();
        this.stuck = stuck.into_iter().collect();
        for &host in &this.stuck {
            for bucket in state.rules.held_by(host) {
                *this.held.entry(bucket).or_default() += 1;
            }
        }
        this
    }

    /// The hosts that hold a slot of this bucket for good.
    pub(super) fn stuck_in(&self, bucket: BucketId) -> impl Iterator<Item = HostId> {
        let rules = &self.state.rules;
        let stuck = self.stuck.iter().copied();
        stuck.filter(move |&host| rules.held_by(host).any(|held| held == bucket))
    }

    /// How many of them are in the way of one more.
    pub(super) fn too_many(&self, bucket: BucketId) -> u32 {
        let (_, usage) = self.state.bucket(bucket);
        let held = self.held.get(&bucket).copied().unwrap_or(0);
        (held + 1).saturating_sub(usage.limit.slots)
    }

    /// Whether no available host of this bucket will ever find a slot.
    pub(super) fn is_full_for_good(&self, bucket: BucketId) -> bool {
        self.too_many(bucket) > 0
    }

    /// Whether a host will never find a slot in this bucket; with `repair`, a host that is unavailable already.
    pub(super) fn is_closed_to(&self, bucket: BucketId, repair: bool) -> bool {
        let limit = self.state.bucket(bucket).1.limit;
        if repair {
            limit.bounds_running && limit.slots == 0
        } else {
            self.is_full_for_good(bucket)
        }
    }

    /// Whether a host that somebody holds will find no slot in this bucket once it is released.
    pub(super) fn is_closed_after_release(&self, bucket: BucketId, host: HostId) -> bool {
        let known = self.state.host(host);
        if known.down.is_some() || known.failed_attempt.is_some() {
            return self.is_closed_to(bucket, true);
        }
        // It gives back one slot itself.
        self.too_many(bucket) > u32::from(self.state.rules.held_by(host).any(|held| held == bucket))
    }

    /// Whether an unavailable host is about to be repaired.
    fn recovers(&self, host: HostId) -> bool {
        let state = self.state;
        let known = state.host(host);
        // Nothing is kept of a host that has left once its attempt is over.
        if known.leased && known.left.is_some() {
            return true;
        }
        if known.leased && !state.jobs_on(host).any(|(job, task)| state.never_begins(job, task)) {
            return !known.is_kept_out();
        }
        let mut waiting = state.jobs_on(host).filter(|&(job, task)| self.waits(job, task));
        !known.is_kept_out() && waiting.any(|(job, task)| self.can_start(job, task, &[], false))
    }

    /// Whether a task waits, or will again.
    pub(super) fn waits(&self, job: &Job, task: u32) -> bool {
        job.task(task).state == TaskState::Waiting || self.state.never_begins(job, task)
    }

    /// Whether a host is still unavailable when its turn comes in this job, and so needs no second slot: nothing
    /// repairs it before.
    pub(super) fn needs_repair(&self, job: &Job, host: HostId) -> bool {
        let hosts = &self.state.hosts;
        if hosts.is_held(host) && !self.state.is_held_against(job, host) {
            return true;
        }
        let mut others = self.state.others_on(host, Some(job.id));
        hosts.is_stuck(host)
            && !hosts.is_leased(host)
            && !others.any(|(other, task)| other.status.may_start() && self.waits(other, task))
    }

    /// Whether a new job on this unavailable host, which has no sequence to wait for but that of hosts like it, would
    /// start in time.
    pub(super) fn can_start_alone(&self, host: HostId) -> bool {
        let state = self.state;
        let buckets = state.rules.buckets_of(host).iter();
        !state.hosts.is_removed(host)
            && !state.freezes.is_frozen(host)
            && !buckets.copied().any(|bucket| self.is_closed_to(bucket, true))
    }

    /// Whether a task would start in time if it waited, with these tasks of its job retried, and its job resumed.
    pub(super) fn can_start(&self, job: &Job, task: u32, retried: &[u32], resumed: bool) -> bool {
        let state = self.state;
        let host = job.host(task);
        // What is over may not say so yet: this is asked while ends of the same moment are still being reported.
        let is_over = job.status == JobStatus::Finished || (job.tally.running == 0 && job.tally.waiting == 0);
        let reopened = resumed || (is_over && job.fits);
        if state.is_barred(job, host) || state.next_holder(job, host).is_some() || !(reopened || job.status.may_start())
        {
            return false;
        }
        let profile = state.rules.profile(job.target(task).profile);
        let mended = |at: u32| {
            let of = |task: &&u32| state.rules.profile(job.target(**task).profile).budgets.contains(&at);
            saturating_u32(retried.iter().filter(of).count())
        };
        let exceeded = |&at: &u32| {
            job.budgets
                .get(&at)
                .is_some_and(|budget| is_exceeded(*budget, mended(at)))
        };
        if !reopened && profile.budgets.iter().any(exceeded) {
            return false;
        }
        if job.is_unbound {
            return true;
        }
        let repair = self.needs_repair(job, host);
        job.gates.track_is_open(job.target(task).track)
            && !profile.buckets.iter().any(|&bucket| self.is_closed_to(bucket, repair))
    }
}

/// Whether a budget is exceeded when so many of its failures are gone.
pub(super) fn is_exceeded(budget: Budget, mended: u32) -> bool {
    let failures = budget.failures.saturating_sub(mended);
    let forgiven = budget.forgiven.min(failures);
    Budget {
        failures,
        forgiven,
        ..budget
    }
    .is_exceeded()
}
