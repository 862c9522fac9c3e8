//! Whether a job of which nothing runs can ever go on by itself, and what is in its way if not.

use std::collections::BTreeSet;

use super::admission::usages;
use super::decide::status::Verdict;
use super::prospects::Prospects;
use super::state::{Job, TaskState, Usage};
use super::{Blocker, Scheduler};
use crate::plan::{BucketId, StageId};

impl Scheduler {
    /// What becomes of a job of which nothing runs and nothing could start.
    pub(super) fn verdict(&self, job: &Job, prospects: &Prospects) -> Verdict {
        if !prospects.any(job.id) {
            return Verdict::Blocked(self.reasons(job, prospects));
        }
        let delayed = job.backoffs.values().any(|&until| until > self.now);
        if delayed || job.gates.baking().is_some() {
            return Verdict::GoesOn;
        }
        Verdict::Waits
    }

    /// What only an operator can clear away.
    fn reasons(&self, job: &Job, prospects: &Prospects) -> Vec<Blocker> {
        let mut hard = Obstacles::default();
        let mut seen = BTreeSet::new();
        let waiting = job
            .positions()
            .filter(|&task| job.task(task).state == TaskState::Waiting);
        for task in waiting {
            let host = job.host(task);
            let repair = self.state.hosts.is_unavailable(host);
            let kind = (self.state.rules.profile_of(host), job.stages.track_of(task), repair);
            if seen.insert(kind) {
                self.obstruct(job, task, repair, prospects, &mut hard);
            }
        }
        self.sentences(job, hard)
    }

    /// Adds what is in the way of a task for good.
    fn obstruct(&self, job: &Job, task: u32, repair: bool, prospects: &Prospects, hard: &mut Obstacles) {
        let host = job.host(task);
        let budgets = self.state.exceeded(job, host);
        if !budgets.is_empty() {
            return budgets.into_iter().for_each(|budget| hard.budget(budget));
        }
        let stages = job.stages.of(task).iter().copied();
        let closed: Vec<StageId> = stages.filter(|&stage| !job.gates.is_open(stage)).collect();
        if !closed.is_empty() {
            return hard.gates.extend(closed);
        }
        let full = usages(&self.state, self.state.rules.profile_of(host)).filter(|&(bucket, Usage { limit, .. })| {
            if repair {
                limit.bounds_running && limit.places == 0
            } else {
                prospects.held(bucket) >= limit.places
            }
        });
        hard.buckets.extend(full.map(|(bucket, ..)| bucket));
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
