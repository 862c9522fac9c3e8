//! What the passing of time leads to.

use crate::scheduler::deadlines::Due;
use crate::scheduler::state::Hint;
use crate::scheduler::{AttemptId, CancelReason, Event, JobId, Scheduler};

/// Why a job is given up whose own time limit ran out.
pub(crate) const EXPIRED: &str = "the job's time limit ran out";

impl Scheduler {
    /// Does everything whose time has come.
    pub(super) fn time_out(&mut self) {
        self.deadlines.tidy(&self.state);
        while let Some(due) = self.deadlines.due(&self.state, self.now) {
            match due {
                Due::Attempt(attempt) => self.request_cancel(attempt, CancelReason::AttemptTimeout),
                Due::Settled(attempt) => self.settled(attempt),
                Due::Abandoned(attempt) => {
                    self.doubt(attempt, "it was to be ended, and nobody said that it has".to_owned());
                }
                Due::Job(job) => self.expire(job),
                Due::Wave(job, wave) => self.emit(Event::WaveOpened { job, wave }, Hint::default()),
            }
            self.deadlines.tidy(&self.state);
        }
    }

    fn expire(&mut self, job: JobId) {
        self.give_up(job, EXPIRED.to_owned(), CancelReason::JobTimeout);
    }

    pub(super) fn request_cancel(&mut self, attempt: AttemptId, reason: CancelReason) {
        let Some(running) = self.state.attempts.get(attempt) else {
            return;
        };
        let (task, host) = (running.task, running.target.name.clone());
        self.emit(
            Event::CancelRequested {
                job: task.0,
                host,
                attempt,
                reason,
            },
            Hint::task(task),
        );
    }
}
