//! What must hold of jobs that have retired.

use crate::scheduler::state::State;
use crate::scheduler::{JobId, Violation};

impl State {
    /// Every host that is failed or in doubt is so because of a job that is there, or of what is left of one.
    pub(in crate::scheduler) fn verify_remnants(&self) -> Result<(), Violation> {
        let retired = &self.retired;
        let mut held = 0;
        for (host, _) in self.hosts.stuck_states() {
            for job in self.failed_jobs(host) {
                let kept = retired.holds(job, self.fleet.name(host));
                held += usize::from(kept);
                if kept == self.jobs.contains_key(&job) {
                    return Err(Violation::Remnant { job });
                }
            }
        }
        let hosts: usize = retired.remnants.values().map(|remnant| remnant.hosts.len()).sum();
        match retired.remnants.keys().find(|job| !retired.covers(**job)) {
            Some(&job) => Err(Violation::Remnant { job }),
            None if held != hosts => Err(Violation::Remnant {
                job: retired.highest.unwrap_or(JobId::new(0)),
            }),
            None => Ok(()),
        }
    }
}
