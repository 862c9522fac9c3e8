//! Whether a job of which nothing runs can ever go on by itself.

use super::Scheduler;
use super::decide::status::Verdict;
use super::prospects::Prospects;
use super::state::Job;

impl Scheduler {
    /// What becomes of a job of which nothing runs and nothing could start.
    pub(super) fn verdict(&self, job: &Job, prospects: &Prospects) -> Verdict {
        if !prospects.any(job.id) {
            return Verdict::Blocked(self.obstacles(job));
        }
        let delayed = job.backoffs.values().any(|&until| until > self.now);
        if delayed || job.gates.baking().is_some() {
            return Verdict::GoesOn;
        }
        Verdict::Waits
    }
}
