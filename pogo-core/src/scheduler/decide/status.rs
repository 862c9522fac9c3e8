//! Updates the status of jobs after everything that could start has started.

use std::sync::Arc;

use crate::policy::WaveGate;
use crate::scheduler::state::{Hint, Job};
use crate::scheduler::{Actor, Event, JobEventKind, JobId, JobStatus, Scheduler};

impl Scheduler {
    /// Looks once at each job that may fare otherwise than before: nothing that is decided here changes what another
    /// can do. What changes because of an order is by whoever gave it.
    pub(super) fn update_status(&mut self, ordered_by: Option<&Arc<Actor>>) {
        for id in self.outlook.take_marked(&self.state) {
            if let Some(kind) = self.next_status(id) {
                let actor = ordered_by.cloned().or_else(|| self.ended_by(id, &kind));
                self.emit(Event::of_job(id, kind).by(actor), Hint::default());
            }
        }
        self.outlook.clear();
    }

    /// Who ordered it, if a job ends because somebody halted it or gave it up.
    fn ended_by(&self, id: JobId, kind: &JobEventKind) -> Option<Arc<Actor>> {
        let job = self.state.jobs.get(&id)?;
        let ends = match kind {
            JobEventKind::Halted => true,
            JobEventKind::Finished { .. } => job.aborted,
            JobEventKind::Submitted { .. }
            | JobEventKind::WaveOpened { .. }
            | JobEventKind::FailureBudgetExceeded { .. }
            | JobEventKind::Blocked { .. }
            | JobEventKind::Waiting
            | JobEventKind::Unblocked
            | JobEventKind::Paused
            | JobEventKind::Resumed
            | JobEventKind::Halting { .. }
            | JobEventKind::Altered { .. }
            | JobEventKind::Retired => false,
        };
        job.stopped_by.clone().filter(|_| ends)
    }

    fn next_status(&mut self, id: JobId) -> Option<JobEventKind> {
        let job = self.state.jobs.get(&id)?;
        let look = self.outlook.look(&self.state, job);
        // First, so that a job whose last host was skipped ends whatever it was: paused, halting or
        // blocked.
        if job.tally.running == 0 && job.tally.waiting == 0 && job.status != JobStatus::Finished {
            let tally = job.tally;
            return Some(JobEventKind::Finished { tally });
        }
        match (job.status, look) {
            (JobStatus::Halting, _) if job.tally.running == 0 => Some(JobEventKind::Halted),
            (JobStatus::Waiting | JobStatus::Blocked, None) => Some(JobEventKind::Unblocked),
            (_, None) => None,
            // Hosts that have left the fleet come back, or are cancelled when their time is up.
            (status, Some(false)) if !job.left.is_empty() => {
                (status != JobStatus::Running).then_some(JobEventKind::Unblocked)
            }
            (status, Some(false)) => (status != JobStatus::Blocked).then(|| JobEventKind::Blocked {
                reasons: self.state.obstacles(self.now, job),
            }),
            // What could start now is started by whoever goes on after this scheduler.
            (status, Some(_)) if self.draining || self.goes_on_in_time(job) => {
                (status != JobStatus::Running).then_some(JobEventKind::Unblocked)
            }
            (status, Some(_)) => (status != JobStatus::Waiting).then_some(JobEventKind::Waiting),
        }
    }

    /// Whether the job itself has something that only waits for time to pass.
    fn goes_on_in_time(&self, job: &Job) -> bool {
        let barred = |task: u32| self.state.is_barred(job, job.host(task));
        let mut delays = job.backoffs.iter();
        let bakes = job.settings.gate == WaveGate::Automatic && job.gates.baking().is_some();
        bakes || delays.any(|(&task, delay)| delay.until > self.now && !barred(task))
    }
}
