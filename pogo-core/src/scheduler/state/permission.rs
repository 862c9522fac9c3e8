//! Whether an attempt may begin, by what orders and failures say now.

use super::{Job, State};
use crate::scheduler::{AttemptId, BeginRefused, Phase};

impl State {
    /// Whether a task runs only to wait again: its attempt has not begun, and would be refused.
    pub(in crate::scheduler) fn never_begins(&self, job: &Job, task: u32) -> bool {
        let attempt = job.tasks[task as usize].attempt;
        let asks = self.attempts.get(attempt).is_some_and(|running| {
            let before = running.permission.is_awaited() && running.phase == Phase::Connect;
            before && running.cancelling.is_none()
        });
        asks && self.begin_refused(attempt).is_some()
    }

    /// Why an attempt may not begin; `None` if it may.
    pub(in crate::scheduler) fn begin_refused(&self, attempt: AttemptId) -> Option<BeginRefused> {
        let running = self
            .attempts
            .get(attempt)
            // The command of what settles has ended: there is nothing left to permit.
            .filter(|running| running.phase != Phase::Settle);
        let Some((running, job)) = running.and_then(|running| Some((running, self.jobs.get(&running.task.0)?))) else {
            return Some(BeginRefused::Over);
        };
        let (id, host) = (job.id, running.target.host);
        // Before the cancellation that an abort leads to: it says more.
        if job.aborted {
            Some(BeginRefused::Aborted { job: id })
        } else if running.cancelling.is_some() {
            Some(BeginRefused::Cancelled)
        } else if job.is_over_budget() || self.is_over_budget(job, host) {
            Some(BeginRefused::OverBudget { job: id })
        } else if !job.status.may_start() {
            Some(BeginRefused::Job {
                job: id,
                status: job.status,
            })
        } else if self.hosts.is_removed(host) {
            Some(BeginRefused::HostRemoved)
        } else {
            let freeze = self.freezes.of(host).next()?;
            Some(BeginRefused::Frozen {
                freeze: Box::new(freeze.clone()),
            })
        }
    }
}
