//! Whether a job of which nothing runs can ever go on by itself.

use super::Scheduler;
use super::decide::status::Verdict;
use super::prospects::Prospects;
use super::state::Job;
use crate::plan::WaveGate;

impl Scheduler {
    /// What becomes of a job of which nothing runs and nothing could start.
    pub(super) fn verdict(&self, job: &Job, prospects: &Prospects) -> Verdict {
        if !prospects.any(job.id) {
            return Verdict::Blocked(self.obstacles(job));
        }
        let frozen = |task: u32| self.state.freezes.is_frozen(job.host(task));
        let mut delays = job.backoffs.iter();
        let delayed = delays.any(|(&task, &until)| until > self.now && !frozen(task));
        let bakes = job.settings.gate == WaveGate::Automatic && job.gates.baking().is_some();
        if delayed || bakes {
            return Verdict::GoesOn;
        }
        Verdict::Waits
    }
}
