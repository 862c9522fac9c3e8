//! A hash of a scheduler's state, for tools that explore every state.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

use crate::scheduler::state::State;

impl State {
    /// See [`Scheduler::fingerprint`](crate::scheduler::Scheduler::fingerprint).
    pub(in crate::scheduler) fn fingerprint(&self) -> u64 {
        let mut hasher = FxHasher::default();
        self.hosts.notes().hash(&mut hasher);
        self.freezes
            .iter()
            .for_each(|freeze| freeze.hosts.to_string().hash(&mut hasher));
        for (job, remnant) in &self.retired.remnants {
            (job, remnant.hosts.keys().collect::<Vec<_>>()).hash(&mut hasher);
        }
        self.retired.highest.hash(&mut hasher);
        self.holds.iter().for_each(|hold| hold.hash(&mut hasher));
        for job in self.jobs.values() {
            (
                job.id,
                job.status,
                job.aborted,
                job.limit_spent,
                job.submitted,
                job.finished,
            )
                .hash(&mut hasher);
            job.tasks.iter().for_each(|task| task.record.hash(&mut hasher));
            (&job.backoffs, &job.settings).hash(&mut hasher);
            (&job.budget, &job.budgets, &job.gates).hash(&mut hasher);
        }
        for (at, doubt) in self.doubts.iter() {
            (at, doubt.host_lock, doubt.fence, doubt.before).hash(&mut hasher);
        }
        let attempts = self.attempts.in_order();
        let mut attempts: Vec<_> = attempts.into_iter().map(|(_, running)| running).collect();
        // By task and without their numbers: two ways to the same state that started hosts in
        // another order are one.
        attempts.sort_unstable_by_key(|running| running.task);
        for running in attempts {
            (running.task, running.phase, running.permission).hash(&mut hasher);
            (running.cancelling, running.slow, running.fence).hash(&mut hasher);
            (running.started, running.since).hash(&mut hasher);
        }
        hasher.finish()
    }
}
