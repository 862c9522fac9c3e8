//! Whether a job of which nothing runs can ever go on by itself, and what is in its way if not.

use std::collections::{BTreeMap, BTreeSet};

use super::admission::usages;
use super::decide::status::Verdict;
use super::state::{Job, TaskState, Usage};
use super::{Blocker, Scheduler};
use crate::fleet::HostId;
use crate::plan::{BucketId, StageId};

impl Scheduler {
    /// What becomes of a job of which nothing runs and nothing could start.
    pub(super) fn verdict(&self, job: &Job) -> Verdict {
        let delayed = job.backoffs.values().any(|&until| until > self.now);
        let waits_for_time = delayed || job.gates.baking().is_some();
        if waits_for_time {
            return Verdict::GoesOn;
        }
        let mut hard = Obstacles::default();
        let mut seen = BTreeSet::new();
        let stuck = self.places_held_for_good(job);
        for task in job
            .positions()
            .filter(|&task| job.task(task).state == TaskState::Waiting)
        {
            let host = job.host(task);
            let repair = self.state.hosts.is_stuck(host);
            let kind = (self.state.rules.profile_of(host), job.stages.track_of(task), repair);
            if seen.insert(kind) && self.obstruct(job, task, repair, &stuck, &mut hard) {
                return Verdict::Waits;
            }
        }
        Verdict::Blocked(self.sentences(job, hard))
    }

    /// Adds what is in the way of a task for good. True if nothing is: what stops it now will end by itself.
    fn obstruct(
        &self,
        job: &Job,
        task: u32,
        repair: bool,
        stuck: &BTreeMap<BucketId, u32>,
        hard: &mut Obstacles,
    ) -> bool {
        let host = job.host(task);
        let budgets = self.state.exceeded(job, host);
        if !budgets.is_empty() {
            budgets.into_iter().for_each(|budget| hard.budget(budget));
            return false;
        }
        if job.spec.override_constraints.is_some() {
            return true;
        }
        let closed: Vec<StageId> = job
            .stages
            .of(task)
            .iter()
            .copied()
            .filter(|&stage| !job.gates.is_open(stage))
            .collect();
        if !closed.is_empty() {
            hard.gates.extend(closed);
            return false;
        }
        let full: Vec<BucketId> = usages(&self.state, self.state.rules.profile_of(host))
            .filter(|&(bucket, Usage { limit, .. })| {
                let held = stuck.get(&bucket).copied().unwrap_or(0);
                if repair {
                    limit.bounds_running && limit.places == 0
                } else {
                    held >= limit.places
                }
            })
            .map(|(bucket, ..)| bucket)
            .collect();
        hard.buckets.extend(&full);
        full.is_empty()
    }

    /// For each bucket, how many of its hosts stay unavailable unless somebody does something.
    fn places_held_for_good(&self, job: &Job) -> BTreeMap<BucketId, u32> {
        let mut held = BTreeMap::new();
        for host in self.state.hosts.stuck() {
            if !self.may_recover(job, host) {
                for &bucket in self.state.rules.buckets_of(host) {
                    *held.entry(bucket).or_default() += 1;
                }
            }
        }
        held
    }

    /// Whether a host that does not serve is being repaired, or will be by another job that is under way.
    fn may_recover(&self, job: &Job, host: HostId) -> bool {
        let state = self.state.host(host);
        if state.down {
            // Whatever runs there, only somebody's word ends that.
            return false;
        }
        let mut others = self
            .state
            .unfinished()
            .filter(|other| other.id != job.id && other.tally.running > 0);
        let waits = |other: &Job| {
            let task = other.task_of(host);
            task.is_some_and(|task| other.task(task).state == TaskState::Waiting)
        };
        state.leased || others.any(waits)
    }

    fn sentences(&self, job: &Job, hard: Obstacles) -> Vec<Blocker> {
        let mut blockers: Vec<Blocker> = hard
            .buckets
            .into_iter()
            .map(|bucket| self.state.bucket_full(bucket))
            .collect();
        blockers.extend(hard.budgets);
        for stage in hard.gates {
            let blocker = self.state.closed(job, stage);
            // A stage that still waits has its own obstacles, which are in the list already.
            let root = |blocker: &Blocker| matches!(blocker, Blocker::GateClosed { pending, .. } if pending.is_empty());
            blockers.extend(blocker.filter(root));
        }
        if blockers.is_empty() {
            blockers.extend(
                job.stages
                    .stages()
                    .iter()
                    .zip(0..)
                    .find_map(|(_, at)| self.state.closed(job, StageId(at))),
            );
        }
        blockers
    }
}

#[derive(Default)]
struct Obstacles {
    buckets: BTreeSet<BucketId>,
    gates: BTreeSet<StageId>,
    budgets: Vec<Blocker>,
}

impl Obstacles {
    fn budget(&mut self, budget: Blocker) {
        if !self.budgets.contains(&budget) {
            self.budgets.push(budget);
        }
    }
}
