//! What a host's word on an attempt in doubt leads to.

use crate::fleet::HostName;
use crate::scheduler::state::Hint;
use crate::scheduler::{
    AttemptId, Event, FenceAnswer, HostEventKind, JobEventKind, JobId, JobStatus, Scheduler, TaskEventKind,
};

impl Scheduler {
    /// The attempt ends as its host says, as if that was reported now. Where it says that it runs, or nothing, what is
    /// in doubt stays so.
    pub(super) fn fenced(&mut self, attempt: AttemptId, answer: FenceAnswer) {
        let running = self.state.attempts.get(attempt);
        let running = running.map(|running| (running.target.name.clone(), running.task.0));
        let in_doubt = self.state.doubts.of_attempt(attempt);
        // The end of what counts as running is reported by whoever asked.
        let may_end = running.is_none() && in_doubt.is_some_and(|at| self.state.may_reopen(at).is_some());
        let Some((host, id)) = running.or_else(|| in_doubt.cloned()) else {
            return;
        };
        let was_over = self
            .state
            .jobs
            .get(&id)
            .is_some_and(|job| job.status == JobStatus::Finished);
        // An answer that cannot end the attempt now is recorded all the same: orders look at it
        // before they free the host.
        let outcome = answer.outcome().filter(|_| may_end);
        let kind = TaskEventKind::Fenced {
            attempt,
            answer,
            reopens: outcome.is_some(),
        };
        self.emit(Event::of_task(id, host, kind), Hint::default());
        if let Some(outcome) = outcome {
            if was_over && self.state.precedes_restore(attempt) {
                // What is to be tried again because of what the host says waits for an order, as everything does after
                // a restore.
                self.emit_job(id, JobEventKind::Paused);
            }
            // No digest of output: what its dispatcher had of it went into the record that put the
            // attempt in doubt.
            self.report(attempt, outcome, None);
            if was_over {
                self.end_again(id);
                self.halt_if_over_budget(id);
            }
        }
    }

    /// A job that was over is so again, if nothing of it waits now. Its time may have run out long ago, and is no
    /// reason to halt it then.
    fn end_again(&mut self, id: JobId) {
        if let Some(job) = self.state.jobs.get(&id)
            && job.tally.running == 0
            && job.tally.waiting == 0
        {
            let tally = job.tally;
            self.emit_job(id, JobEventKind::Finished { tally });
        }
    }

    /// An operator answers for these hosts.
    pub(super) fn force_fence(&mut self, hosts: &[HostName], reason: &str) {
        for host in hosts {
            let kind = HostEventKind::FenceForced {
                reason: reason.to_owned(),
            };
            self.emit_host(host.clone(), kind);
        }
    }
}
