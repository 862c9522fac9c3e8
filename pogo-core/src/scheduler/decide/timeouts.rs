//! Handles deadlines.

use crate::scheduler::deadlines::Due;
use crate::scheduler::{AttemptId, CancelReason, HaltCause, JobEventKind, JobId, Scheduler, TaskEventKind};

impl Scheduler {
    /// Handles all deadlines that have passed.
    pub(super) fn time_out(&mut self) {
        self.deadlines.tidy(&self.state);
        // One at a time, since each may end another: a job's limit cancels attempts that are due
        // for a limit of their own.
        while let Some(due) = self.deadlines.due(&self.state, self.now) {
            match due {
                Due::Attempt(attempt) => self.request_cancel(attempt, CancelReason::AttemptTimeout),
                Due::Slow(attempt) => self.slow(attempt),
                Due::Settled(attempt) => self.settled(attempt, None),
                Due::Abandoned(attempt) => self.abandon(attempt),
                Due::Job(job) => self.expire(job),
                Due::Left(job) => self.cancel_left(job),
                Due::Wave(job, wave) => {
                    let ordered = false;
                    self.emit_job(job, JobEventKind::WaveOpened { wave, ordered });
                }
            }
            self.deadlines.tidy(&self.state);
        }
    }

    fn expire(&mut self, job: JobId) {
        let reason = "the job's time limit ran out".to_owned();
        self.give_up(job, reason, HaltCause::JobTimeout);
    }

    fn slow(&mut self, attempt: AttemptId) {
        let Some((running, job)) = self.running(attempt) else {
            return;
        };
        let (task, host) = (running.task, running.target.name.clone());
        let after = job.settings.slow_after.unwrap_or_default();
        self.emit_task(task, host, TaskEventKind::Slow { attempt, after });
    }

    pub(super) fn request_cancel(&mut self, attempt: AttemptId, reason: CancelReason) {
        let Some(running) = self.state.attempts.get(attempt) else {
            return;
        };
        let (task, host) = (running.task, running.target.name.clone());
        self.emit_task(task, host, TaskEventKind::CancelRequested { attempt, reason });
    }
}
