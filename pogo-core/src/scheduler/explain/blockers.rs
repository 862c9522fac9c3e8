//! What keeps a job as a whole from going on.

use super::Explainer;
use crate::Timestamp;
use crate::scheduler::state::{Job, State};
use crate::scheduler::{JobStatus, Obstacle, TaskState};

impl State {
    /// Everything that keeps a blocked job from going on, each with what would clear it.
    pub(in crate::scheduler) fn obstacles(&self, now: Timestamp, job: &Job) -> Vec<Obstacle> {
        // The job is about to be blocked, but its status does not say so yet.
        let explainer = Explainer::new(self, now, job, JobStatus::Blocked);
        let waits = |task: &u32| job.task(*task).state == TaskState::Waiting;
        let roots = explainer.roots(job.positions().filter(waits));
        if !roots.is_empty() {
            return roots;
        }
        let first = job.positions().find(waits);
        first.map(|task| explainer.task(task)).unwrap_or_default()
    }

    /// What only an order clears of what keeps a job's hosts from starting.
    pub(in crate::scheduler) fn blockers(&self, now: Timestamp, job: &Job) -> Vec<Obstacle> {
        if job.tally.waiting == 0 {
            return vec![];
        }
        if job.status == JobStatus::Blocked {
            return self.obstacles(now, job);
        }
        let explainer = Explainer::new(self, now, job, job.status);
        let waiting = job
            .positions()
            .filter(|&task| job.task(task).state == TaskState::Waiting);
        let mut found = explainer.of_job();
        found.extend(explainer.roots(waiting));
        found
    }
}
