//! One number for all that a scheduler knows, for tools that explore every state.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

use super::Scheduler;

impl Scheduler {
    /// A number that schedulers of one fleet and policy share when they know the same of every host and job. Which numbers
    /// the attempts have makes no difference, nor do the texts of failures.
    ///
    /// Not for storage: it may differ between versions.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = FxHasher::default();
        self.state.hosts.notes().hash(&mut hasher);
        self.state
            .freezes
            .iter()
            .for_each(|freeze| freeze.hosts.to_string().hash(&mut hasher));
        for job in self.state.jobs.values() {
            (job.id, job.status, job.aborted, job.limit_spent, job.submitted).hash(&mut hasher);
            job.tasks.iter().for_each(|task| task.record.hash(&mut hasher));
            (&job.backoffs, &job.settings).hash(&mut hasher);
            (&job.budget, &job.budgets, &job.gates).hash(&mut hasher);
        }
        let attempts = self.state.attempts.in_order();
        let mut attempts: Vec<_> = attempts.into_iter().map(|(_, running)| running).collect();
        attempts.sort_unstable_by_key(|running| running.task);
        for running in attempts {
            (running.task, running.phase, running.cancelling, running.slow).hash(&mut hasher);
            (running.started, running.since).hash(&mut hasher);
        }
        hasher.finish()
    }
}
