//! Finds the orders that clear an obstacle: only those that are accepted and help.

use std::collections::BTreeMap;

use super::forecast::{Forecast, is_exceeded};
use super::named;
use crate::fleet::{HostId, HostName};
use crate::plan::BucketId;
use crate::saturating::saturating_u32;
use crate::scheduler::state::{Budget, Doubt, FailedAttempt, Job, TaskChange};
use crate::scheduler::{Cure, CureOrder, FenceState, JobId, TaskState};

impl Forecast<'_> {
    /// What gives an available host a slot of this bucket.
    pub(super) fn free_slots(&self, bucket: BucketId) -> Vec<Cure> {
        let state = self.state;
        let limit = state.rules.bucket(bucket);
        if limit.slots == 0 {
            let (group, rule, origin) = (limit.group.clone(), limit.rule, limit.origin.clone());
            return vec![Cure::of(CureOrder::Relax { group, rule, origin })];
        }
        let stuck: Vec<HostId> = self.stuck_in(bucket).collect();
        if stuck.is_empty() {
            return vec![];
        }
        let retried = self.by_retry(&stuck);
        let skipped = self.by_skip(&stuck);
        let retry = self.orders(bucket, &stuck, retried, |job, hosts, force| CureOrder::Retry {
            job,
            hosts,
            force,
        });
        let skip = self.orders(bucket, &stuck, skipped, |job, hosts, force| CureOrder::Skip {
            job,
            hosts,
            force,
        });
        let orders = self.clear(bucket, &stuck, 0);
        retry.into_iter().chain(skip).chain([Cure { orders }]).collect()
    }

    /// The orders that make these hosts available for good, beside others that have been: those that are held only if
    /// the rest is not enough, since their owners know best when.
    fn clear(&self, bucket: BucketId, hosts: &[HostId], freed: usize) -> Vec<CureOrder> {
        let state = self.state;
        let name = |&host: &HostId| state.fleet.name(host).clone();
        let is_held = |host: &&HostId| state.holds.is_known(state.fleet.name(**host));
        let free = hosts.iter().filter(|host| !is_held(host)).count();
        // One slot is enough: no more is asked of anybody than to give back what is in the way of
        // one host.
        let enough = freed + free >= self.too_many(bucket) as usize;
        let held: Vec<HostName> = hosts.iter().filter(|host| !enough && is_held(host)).map(name).collect();
        let is_marked = |host: &&HostId| {
            let known = state.host(**host);
            let is_marked = known.down.is_some() || known.failed_attempt.is_some();
            is_marked && !(enough && is_held(host))
        };
        let marked: Vec<HostId> = hosts.iter().filter(is_marked).copied().collect();
        let release = (!held.is_empty()).then_some(CureOrder::Release { hosts: held });
        let up = (!marked.is_empty()).then(|| self.mark_up(&marked));
        release.into_iter().chain(up).collect()
    }

    /// The tasks whose retry makes their hosts available.
    fn by_retry(&self, stuck: &[HostId]) -> Freed {
        let state = self.state;
        let mut failed: BTreeMap<JobId, Vec<u32>> = BTreeMap::new();
        for &host in stuck {
            let known = state.host(host);
            // What is marked down or held stays so whatever its jobs say.
            let failed_attempt = known
                .failed_attempt
                .filter(|_| !known.is_kept_out() && !state.is_awaited(host));
            let of = failed_attempt.and_then(|failed_attempt| {
                Some((failed_attempt.job, state.jobs.get(&failed_attempt.job)?.task_of(host)?))
            });
            if let Some((job, task)) = of {
                failed.entry(job).or_default().push(task);
            }
        }
        let mut freed = Freed::default();
        for &host in stuck {
            let known = state.host(host);
            let of = known
                .failed_attempt
                .filter(|_| !known.is_kept_out() && !state.is_awaited(host));
            if let Some(of) = of.filter(|of| state.retired.holds(of.job, state.fleet.name(host)))
                && self.can_start_alone(host)
            {
                freed.hosts.push(host);
                freed
                    .retired
                    .entry(of.job)
                    .or_default()
                    .push(state.fleet.name(host).clone());
            }
        }
        for (id, tasks) in failed {
            let Some(job) = state.jobs.get(&id) else { continue };
            let tasks = self.retryable(job, tasks, false);
            freed.hosts.extend(tasks.iter().map(|&task| job.host(task)));
            if !tasks.is_empty() {
                freed.tasks.insert(id, tasks);
            }
        }
        freed
    }

    /// The tasks that have to be skipped for their hosts to be available: in each job that left something behind there.
    fn by_skip(&self, stuck: &[HostId]) -> Freed {
        let state = self.state;
        let mut freed = Freed::default();
        for &host in stuck {
            let known = state.host(host);
            let failed_attempt = state.hosts.earlier(host).iter().chain(&known.failed_attempt);
            let retired = |of: &&FailedAttempt| state.retired.holds(of.job, state.fleet.name(host));
            let left: Vec<JobId> = failed_attempt.clone().filter(retired).map(|of| of.job).collect();
            let failed_attempt = failed_attempt.filter(|of| !retired(of));
            let task = |failed_attempt: &FailedAttempt| {
                let job = state.jobs.get(&failed_attempt.job)?;
                let task = job.task_of(host)?;
                let skippable = job.task(task).state.allows(TaskChange::Skip);
                skippable.then_some((failed_attempt.job, task))
            };
            // All of them or none: a host is available only when no job has left anything there.
            let Some(tasks) = failed_attempt.map(task).collect::<Option<Vec<_>>>() else {
                continue;
            };
            let kept = known.is_kept_out() || state.is_awaited(host);
            if kept || (tasks.is_empty() && left.is_empty()) {
                continue;
            }
            freed.hosts.push(host);
            for (job, task) in tasks {
                freed.tasks.entry(job).or_default().push(task);
            }
            for job in left {
                freed
                    .retired
                    .entry(job)
                    .or_default()
                    .push(state.fleet.name(host).clone());
            }
        }
        freed
    }

    /// The orders that free these hosts, with others marked up besides where these are not enough. `None` if there are
    /// none.
    fn orders(
        &self,
        bucket: BucketId,
        stuck: &[HostId],
        freed: Freed,
        order: impl Fn(JobId, Vec<HostName>, bool) -> CureOrder,
    ) -> Option<Cure> {
        let state = self.state;
        let named = |(id, tasks): (JobId, Vec<u32>)| {
            let job = state.jobs.get(&id)?;
            Some(order(id, named(job, &tasks), self.needs_force(job, &tasks)))
        };
        let retired = freed.retired.into_iter().map(|(job, hosts)| {
            let mut doubts = hosts.iter().filter_map(|host| state.unfenced(job, host));
            let force = doubts.any(cannot_be_asked);
            order(job, hosts, force)
        });
        let mut orders: Vec<CureOrder> = retired.chain(freed.tasks.into_iter().filter_map(named)).collect();
        if orders.is_empty() {
            return None;
        }
        if freed.hosts.len() < self.too_many(bucket) as usize {
            let rest: Vec<HostId> = stuck
                .iter()
                .copied()
                .filter(|host| !freed.hosts.contains(host))
                .collect();
            orders.extend(self.clear(bucket, &rest, freed.hosts.len()));
        }
        Some(Cure { orders })
    }

    /// Those of the tasks that can be retried, and would start then.
    fn retryable(&self, job: &Job, tasks: Vec<u32>, resumed: bool) -> Vec<u32> {
        let mut tasks = tasks;
        tasks.retain(|&task| job.task(task).state.counts_as_failed() || job.task(task).state == TaskState::Cancelled);
        // Each that is left out is one failure more for the budgets of the others.
        loop {
            let fits: Vec<u32> = tasks
                .iter()
                .copied()
                .filter(|&task| self.can_start(job, task, &tasks, resumed))
                .collect();
            if fits.len() == tasks.len() {
                return fits;
            }
            tasks = fits;
        }
    }

    /// What completes a stage in which these tasks have ended, and not well.
    pub(super) fn complete_stage(&self, job: &Job, ended: &[u32]) -> Vec<Cure> {
        let id = job.id;
        let resumed = !job.status.may_start();
        let mut cures = Vec::new();
        if self.retryable(job, ended.to_vec(), resumed).len() == ended.len() {
            let mut orders = vec![self.retry(job, ended)];
            orders.extend(resumed.then_some(CureOrder::Resume { job: id }));
            cures.push(Cure { orders });
        }
        cures.push(Cure::of(self.skip(job, ended)));
        cures
    }

    /// What brings a failure budget back below what it allows.
    pub(super) fn mend_budget(&self, job: &Job, budget: Budget, failed: &[u32], may_resume: bool) -> Vec<Cure> {
        let id = job.id;
        let removed = |task: &u32| self.state.hosts.is_removed(job.host(*task));
        let there: Vec<u32> = failed.iter().copied().filter(|task| !removed(task)).collect();
        let mended = saturating_u32(there.len());
        let mut cures = Vec::new();
        if !is_exceeded(budget, mended) {
            cures.push(Cure::of(self.retry(job, &there)));
        }
        if may_resume {
            cures.push(Cure::of(CureOrder::Resume { job: id }));
        }
        cures.push(Cure::of(self.skip(job, failed)));
        cures
    }

    fn retry(&self, job: &Job, tasks: &[u32]) -> CureOrder {
        CureOrder::Retry {
            job: job.id,
            hosts: named(job, tasks),
            force: self.needs_force(job, tasks),
        }
    }

    fn skip(&self, job: &Job, tasks: &[u32]) -> CureOrder {
        CureOrder::Skip {
            job: job.id,
            hosts: named(job, tasks),
            force: self.needs_force(job, tasks),
        }
    }

    fn mark_up(&self, hosts: &[HostId]) -> CureOrder {
        let state = self.state;
        CureOrder::MarkUp {
            hosts: hosts.iter().map(|&host| state.fleet.name(host).clone()).collect(),
            force: hosts
                .iter()
                .any(|&host| state.unfenced_on(host).any(|(_, doubt)| cannot_be_asked(doubt))),
        }
    }

    /// Whether one of the hosts could not be asked for the state of its attempt. Others are asked with the order.
    fn needs_force(&self, job: &Job, tasks: &[u32]) -> bool {
        let doubt = |task: &u32| self.state.unfenced(job.id, job.name(*task));
        tasks.iter().filter_map(doubt).any(cannot_be_asked)
    }
}

/// Whether an attempt in doubt is ended by force alone: its host did not answer.
fn cannot_be_asked(doubt: &Doubt) -> bool {
    doubt.fence == FenceState::Unreachable
}

/// Hosts that orders make available, and the tasks that these orders are for.
#[derive(Default)]
struct Freed {
    hosts: Vec<HostId>,
    tasks: BTreeMap<JobId, Vec<u32>>,
    /// Of jobs that have retired.
    retired: BTreeMap<JobId, Vec<HostName>>,
}
