//! Jobs retire, and what is left of them goes as soon as nothing needs it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::remnants::Blamed;
use super::{Remnant, State};
use crate::Timestamp;
use crate::fleet::{HostId, HostName};
use crate::scheduler::{Failure, JobId, JobStatus};

impl State {
    /// A job that has been finished for so long that it retires.
    pub(in crate::scheduler) fn due_to_retire(&self, now: Timestamp) -> Option<JobId> {
        let &(finished, job) = self.finished.first()?;
        (finished + self.policy.retires_after() <= now).then_some(job)
    }

    /// Takes a finished job out. What it left failed or in doubt stays so, by host.
    pub(super) fn retire(&mut self, id: JobId) {
        let Some(job) = self.jobs.remove(id) else { return };
        self.finished.remove(&(job.finished, id));
        self.retired.highest = self.retired.highest.max(Some(id));
        let held = self.hosts.stuck_states().filter(|(host, state)| {
            let earlier = self.hosts.earlier(*host).iter();
            earlier.chain(&state.failed_attempt).any(|attempt| attempt.job == id)
        });
        let hosts: BTreeMap<HostName, Option<Failure>> = held
            .map(|(host, _)| {
                let failure = job.task_of(host).and_then(|task| job.failures.get(&task));
                (self.fleet.name(host).clone(), failure.cloned())
            })
            .collect();
        if job.tally.in_doubt > 0 {
            // Of hosts that hold no slots any more nothing is left, nor of those that have left the fleet.
            self.doubts.retain(|(host, of)| *of != id || hosts.contains_key(host));
        }
        if !hosts.is_empty() {
            // All of a job of 10,000 hosts is 1.3 MB, and 12 ms of each restart; this is what skipping and retrying
            // need.
            let (spec, given) = (job.spec, job.given);
            self.retired.remnants.insert(id, Remnant { spec, given, hosts });
        }
    }

    /// The jobs that left this host failed or in doubt, where retired jobs left anything anywhere.
    pub(super) fn blamed_on(&self, host: HostId) -> Blamed {
        match self.retired.remnants.is_empty() {
            // Asked at every end of an attempt, and most namespaces have no remnant.
            true => Blamed::new(),
            false => self.failed_jobs(host),
        }
    }

    /// The jobs that left this host failed or in doubt.
    pub(in crate::scheduler) fn failed_jobs(&self, host: HostId) -> Blamed {
        let last = self.host(host).failed_attempt;
        let attempts = self.hosts.earlier(host).iter().chain(&last);
        attempts.map(|attempt| attempt.job).collect()
    }

    /// Takes a host out of what is left of the jobs that it is no longer held for.
    pub(super) fn release_from_remnants(&mut self, host: HostId, before: Blamed) {
        if before.is_empty() {
            return;
        }
        let still = self.failed_jobs(host);
        for job in before.into_iter().filter(|job| !still.contains(job)) {
            let name = self.fleet.name(host);
            if self.retired.holds(job, name) {
                self.retired.release(job, name);
                self.doubts.forget(&(name.clone(), job));
            }
        }
    }

    /// Drops what is left of jobs on hosts that no longer hold slots because of them, under a new fleet.
    pub(super) fn prune_remnants(&mut self) {
        let mut retired = std::mem::take(&mut self.retired);
        for (&job, remnant) in &mut retired.remnants {
            remnant.hosts.retain(|name, _| {
                let host = self.fleet.id(name.as_str());
                host.is_some_and(|host| self.failed_jobs(host).contains(&job))
            });
        }
        retired.remnants.retain(|_, remnant| !remnant.hosts.is_empty());
        self.retired = retired;
        let mut doubts = std::mem::take(&mut self.doubts);
        doubts.retain(|(host, job)| self.jobs.contains_key(job) || self.retired.holds(*job, host));
        self.doubts = doubts;
    }

    /// Finds anew which jobs are finished, for jobs that came about without events.
    pub(super) fn index_finished(&mut self) {
        let finished = self.jobs.values().filter(|job| job.status == JobStatus::Finished);
        self.finished = finished.map(|job| (job.finished, job.id)).collect();
    }
}

impl crate::policy::Policy {
    /// How long a job stays in the scheduler once it is finished.
    pub(crate) fn retires_after(&self) -> Duration {
        self.retire_after.unwrap_or(Self::RETIRE_AFTER)
    }
}
