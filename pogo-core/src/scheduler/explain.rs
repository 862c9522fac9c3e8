//! Why a host waits.

use super::admission::{has_room, usages};
use super::state::{Job, State, TaskState};
use super::{Blocker, Holder, HolderReason, JobId, JobStatus, Scheduler};
use crate::Timestamp;
use crate::fleet::{HostId, HostName};
use crate::plan::{BucketId, StageId};

impl Scheduler {
    /// Everything that keeps a host of a job from starting; empty if the host does not wait. Were all of it cleared,
    /// the host would start; as long as one of it stands, it does not.
    ///
    /// `None` if there is no such job, or the job has no such host.
    pub fn explain(&self, job: JobId, host: &str) -> Option<Vec<Blocker>> {
        let job = self.state.jobs.get(&job)?;
        let task = job.task_of(self.state.fleet.id(host)?)?;
        Some(self.blockers(job, task))
    }

    pub(super) fn blockers(&self, job: &Job, task: u32) -> Vec<Blocker> {
        let state = &self.state;
        if job.task(task).state != TaskState::Waiting {
            return vec![];
        }
        let mut blockers = Vec::new();
        match job.status {
            JobStatus::Paused => blockers.push(Blocker::Paused),
            JobStatus::Halting | JobStatus::Halted => blockers.push(Blocker::Halted),
            _ => {}
        }
        if let Some(&until) = job.backoffs.get(&task).filter(|&&until| until > self.now) {
            blockers.push(Blocker::Backoff { until });
        }
        let host = job.host(task);
        if let Some((other, _)) = state.lease(host) {
            blockers.push(Blocker::Leased { job: other });
        }
        blockers.extend(state.exceeded(job, host));
        if let Some(limit) = job.settings.max_parallel.filter(|_| job.is_at_max_parallel()) {
            blockers.push(Blocker::JobMaxParallel { limit });
        }
        if job.spec.override_constraints.is_none() {
            blockers.extend(job.stages.of(task).iter().filter_map(|&stage| state.closed(job, stage)));
            blockers.extend(state.full(host));
        }
        blockers
    }
}

impl State {
    /// The buckets that have no room for this host.
    fn full(&self, host: HostId) -> impl Iterator<Item = Blocker> {
        let repair = self.hosts.is_unavailable(host);
        usages(self, self.rules.profile_of(host))
            .filter(move |&(_, usage)| !has_room(usage, repair))
            .map(|(bucket, ..)| self.bucket_full(bucket))
    }

    pub(super) fn bucket_full(&self, bucket: BucketId) -> Blocker {
        let limit = self.rules.bucket(bucket);
        let holders = self.holders(bucket);
        Blocker::BucketFull {
            group: limit.group.clone(),
            rule: limit.rule,
            places: limit.places,
            holders,
        }
    }

    /// The hosts that hold places of a bucket, in fleet order.
    pub(super) fn holders(&self, bucket: BucketId) -> Vec<Holder> {
        let mut hosts: Vec<HostId> = self.hosts.stuck().collect();
        let running = self.attempts.in_order().into_iter().map(|(_, running)| running.task);
        hosts.extend(running.filter_map(|(job, task)| self.jobs.get(&job).map(|job| job.host(task))));
        hosts.sort_unstable();
        hosts.dedup();
        let counted = hosts
            .into_iter()
            .filter(|&host| self.rules.buckets_of(host).contains(&bucket));
        counted.filter_map(|host| self.holder(host)).collect()
    }

    /// The gate of this stage, if it is closed: with the nearest earlier stage that is not complete.
    pub(super) fn closed(&self, job: &Job, stage: StageId) -> Option<Blocker> {
        if job.gates.is_open(stage) {
            return None;
        }
        let label = job.stages.stage(stage);
        let mut at = stage;
        while let Some(before) = job.stages.stage(at).after {
            if !job.gates.is_complete(before) {
                return Some(self.gate(job, stage, before));
            }
            at = before;
        }
        // Complete all the way: what is left is the bake time.
        let since = job.gates.baking().map_or(Timestamp::EPOCH, |(_, since)| since);
        label.bakes.then_some(Blocker::Baking {
            until: since + job.settings.bake,
        })
    }

    fn gate(&self, job: &Job, stage: StageId, before: StageId) -> Blocker {
        let (label, after) = (job.stages.stage(stage), job.stages.stage(before));
        let named = |is: fn(TaskState) -> bool| -> Vec<HostName> {
            let of_state = after.tasks.iter().filter(|&&task| is(job.task(task).state));
            of_state.map(|&task| job.name(task).clone()).collect()
        };
        Blocker::GateClosed {
            sequence: label.sequence.clone(),
            stage: label.label.clone(),
            after: after.label.clone(),
            pending: named(|state| matches!(state, TaskState::Waiting | TaskState::Running | TaskState::Cancelled)),
            failed: named(|state| matches!(state, TaskState::Failed | TaskState::InDoubt)),
            allowed: after.allowed_failures,
        }
    }

    /// Why this host holds places, if it holds any.
    pub(super) fn holds(&self, host: HostId) -> Option<HolderReason> {
        match (self.lease(host), self.host(host).bad) {
            (Some((job, _)), _) => Some(HolderReason::Running { job }),
            (None, Some(bad)) if bad.in_doubt => Some(HolderReason::InDoubt { job: bad.job }),
            (None, Some(bad)) => Some(HolderReason::Failed { job: bad.job }),
            (None, None) => self.host(host).down.then_some(HolderReason::Down),
        }
    }

    fn holder(&self, host: HostId) -> Option<Holder> {
        Some(Holder {
            host: self.fleet.name(host).clone(),
            reason: self.holds(host)?,
            since: self.host(host).since,
        })
    }

    /// Whether a failure budget stops this host.
    pub(super) fn is_over_budget(&self, job: &Job, host: HostId) -> bool {
        let budgets = self.rules.profile(self.rules.profile_of(host)).budgets;
        let mut known = budgets.iter().filter_map(|at| job.budgets.get(at));
        known.any(|budget| budget.is_exceeded())
    }

    /// Failure budgets that stop this host.
    pub(super) fn exceeded(&self, job: &Job, host: HostId) -> Vec<Blocker> {
        let budgets = self.rules.profile(self.rules.profile_of(host)).budgets;
        let exceeded = |&at: &u32| {
            let budget = job.budgets.get(&at).filter(|budget| budget.is_exceeded())?;
            let group = self.rules.budgets()[at as usize].group.clone();
            Some(Blocker::FailureBudget {
                group,
                failures: budget.failures,
                allowed: budget.allowed,
            })
        };
        budgets.iter().filter_map(exceeded).collect()
    }
}
