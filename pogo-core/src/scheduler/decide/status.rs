//! How each job is doing once everything that could start has started.

use std::cell::OnceCell;
use std::ops::Bound;

use crate::scheduler::prospects::Prospects;
use crate::scheduler::state::{Hint, Job};
use crate::scheduler::{Event, JobStatus, Obstacle, Scheduler};

/// What becomes of a job of which nothing runs.
pub(in crate::scheduler) enum Verdict {
    /// It goes on by itself.
    GoesOn,
    /// It goes on when other jobs give something back.
    Waits,
    /// Only an operator can help.
    Blocked(Vec<Obstacle>),
}

impl Scheduler {
    pub(super) fn update_status(&mut self) {
        // Each job is looked at once: nothing that is decided here changes what another job can do.
        let prospects = OnceCell::new();
        let mut next = self.state.active.first().copied();
        while let Some(id) = next {
            let job = self.state.jobs.get(&id);
            if let Some(event) = job.and_then(|job| self.next_status(job, &prospects)) {
                self.emit(event, Hint::default());
            }
            next = self
                .state
                .active
                .range((Bound::Excluded(id), Bound::Unbounded))
                .next()
                .copied();
        }
    }

    fn next_status(&self, job: &Job, prospects: &OnceCell<Prospects>) -> Option<Event> {
        let id = job.id;
        if job.tally.running == 0 && job.tally.waiting == 0 {
            return Some(Event::JobFinished {
                job: id,
                tally: job.tally,
            });
        }
        match job.status {
            JobStatus::Halting if job.tally.running == 0 => Some(Event::JobHalted { job: id }),
            JobStatus::Running | JobStatus::Waiting | JobStatus::Blocked => {
                let verdict = if job.tally.running > 0 {
                    Verdict::GoesOn
                } else {
                    self.verdict(job, prospects.get_or_init(|| Prospects::of(&self.state)))
                };
                match (job.status, verdict) {
                    (JobStatus::Running, Verdict::GoesOn) => None,
                    (_, Verdict::GoesOn) => Some(Event::JobUnblocked { job: id }),
                    (JobStatus::Waiting, Verdict::Waits) => None,
                    (_, Verdict::Waits) => Some(Event::JobWaiting { job: id }),
                    (JobStatus::Blocked, Verdict::Blocked(_)) => None,
                    (_, Verdict::Blocked(reasons)) => Some(Event::JobBlocked { job: id, reasons }),
                }
            }
            _ => None,
        }
    }
}
