//! Waits for the ends of jobs.

use futures::channel::oneshot;

use super::OrderError;
use crate::scheduler::{JobEnd, JobId, JobStatus, Scheduler, Tally};

type Answer = oneshot::Sender<Result<JobEnd, OrderError>>;

/// Callers that wait for jobs to end.
#[derive(Default)]
pub(super) struct Waiters(Vec<(JobId, Answer)>);

impl Waiters {
    pub(super) fn add(&mut self, job: JobId, answer: Answer) {
        self.0.push((job, answer));
    }

    /// Answers the callers of a finished job.
    pub(super) fn finish(&mut self, job: JobId, tally: Tally) {
        let status = JobStatus::Finished;
        for (_, answer) in self.0.extract_if(.., |(of, _)| *of == job) {
            let _ = answer.send(Ok(JobEnd { job, status, tally }));
        }
    }

    /// Answers callers whose job has ended or is unknown; the state must be durable.
    pub(super) fn settle(&mut self, scheduler: &Scheduler) {
        // Whoever stopped waiting would otherwise stay until the job ends, which may be never.
        self.0.retain_mut(|(_, answer)| !answer.is_canceled());
        // Backwards, because `swap_remove` moves the last one here, which was looked at before.
        for at in (0..self.0.len()).rev() {
            let found = self.0.get(at).and_then(|(job, _)| end_of(scheduler, *job));
            if let Some(end) = found {
                let (_, answer) = self.0.swap_remove(at);
                let _ = answer.send(end);
            }
        }
    }
}

fn end_of(scheduler: &Scheduler, job: JobId) -> Option<Result<JobEnd, OrderError>> {
    let Some(view) = scheduler.job(job) else {
        return Some(Err(scheduler.unknown_job(job).into()));
    };
    let (status, tally) = (view.status(), view.tally());
    let over = matches!(status, JobStatus::Finished | JobStatus::Halted | JobStatus::Blocked);
    over.then_some(Ok(JobEnd { job, status, tally }))
}
