//! How long attempts and jobs may take.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::auditor::Auditor;
use super::finding::{Breach, Broken, broken};
use pogo_core::Timestamp;
use pogo_core::policy::JobSettings;
use pogo_core::scheduler::{AttemptId, JobStatus};
use pogo_core::time::HumanDuration;

/// How long whoever runs an attempt has to end it once it was told to.
const GRACE: Duration = Duration::from_secs(30);
/// What held for jobs of logs from before it was stored with them.
const FORMER_TIMEOUT: Duration = Duration::from_secs(600);

/// The time limits of one job, and the attempts that they end.
pub(super) struct TimeLimits {
    attempt: Duration,
    job: Option<Duration>,
    submitted: Timestamp,
    /// The job's limit had run out when an operator let it go on.
    spent: bool,
    /// Attempts that run, by their beginnings.
    running: BTreeSet<(Timestamp, AttemptId)>,
    /// Attempts that were told to end, and when.
    ending: BTreeSet<(Timestamp, AttemptId)>,
    /// Where each attempt stands in one of them.
    since: BTreeMap<AttemptId, Timestamp>,
}

impl TimeLimits {
    pub(super) fn new(settings: &JobSettings, now: Timestamp) -> Self {
        Self {
            attempt: settings.attempt_timeout.unwrap_or(FORMER_TIMEOUT),
            job: settings.job_timeout,
            submitted: now,
            spent: false,
            running: BTreeSet::new(),
            ending: BTreeSet::new(),
            since: BTreeMap::new(),
        }
    }

    /// The settings are others now; whether the time limit of the job is among those that changed.
    pub(super) fn alter(&mut self, settings: &JobSettings, anew: bool) {
        self.attempt = settings.attempt_timeout.unwrap_or(FORMER_TIMEOUT);
        self.job = settings.job_timeout;
        self.spent &= !anew;
    }

    pub(super) fn reopen(&mut self, now: Timestamp) {
        self.spent |= self.job.is_some_and(|limit| self.submitted + limit <= now);
    }

    pub(super) fn begin(&mut self, attempt: AttemptId, now: Timestamp) {
        self.running.insert((now, attempt));
        self.since.insert(attempt, now);
    }

    pub(super) fn tell_to_end(&mut self, attempt: AttemptId, now: Timestamp) {
        self.end(attempt);
        self.ending.insert((now, attempt));
        self.since.insert(attempt, now);
    }

    /// Whether an attempt that ends now should have been told to end before. Whoever keeps the time may be a little late.
    pub(super) fn ends_in_time(&self, attempt: AttemptId, now: Timestamp) -> Result<(), Breach> {
        let began = self
            .since
            .get(&attempt)
            .filter(|began| self.running.contains(&(**began, attempt)));
        match began.filter(|began| **began + self.attempt + GRACE < now) {
            Some(began) => {
                let (ran, limit) = (HumanDuration(now - *began), HumanDuration(self.attempt));
                let message = format!("{attempt} ran for {ran}, and the time limit of an attempt is {limit}");
                broken(Broken::Time, message)
            }
            None => Ok(()),
        }
    }

    /// It has ended, or succeeded and is only watched.
    pub(super) fn end(&mut self, attempt: AttemptId) {
        if let Some(since) = self.since.remove(&attempt) {
            self.running.remove(&(since, attempt));
            self.ending.remove(&(since, attempt));
        }
    }
}

impl Auditor {
    /// Judges a moment when all that was to be decided in it has been: nothing is beyond its time limit.
    pub(super) fn nobody_is_late(&self) -> Result<(), Breach> {
        let now = self.at;
        for (id, job) in self.jobs.iter().filter(|(_, job)| job.status != JobStatus::Finished) {
            let limits = &job.limits;
            if let Some(&(began, attempt)) = limits
                .running
                .first()
                .filter(|(began, _)| *began + limits.attempt <= now)
            {
                let (ran, limit) = (HumanDuration(now - began), HumanDuration(limits.attempt));
                let message =
                    format!("{attempt} of {id} has run for {ran}, and the time limit of an attempt is {limit}");
                return broken(Broken::Time, message);
            }
            if let Some(&(told, attempt)) = limits.ending.first().filter(|(told, _)| *told + GRACE <= now) {
                let since = HumanDuration(now - told);
                let message = format!("{attempt} of {id} was told to end {since} ago, and has not been given up");
                return broken(Broken::Time, message);
            }
            let late = limits
                .job
                .filter(|limit| limits.submitted + *limit <= now && !limits.spent);
            if let Some(limit) = late.filter(|_| !job.aborted) {
                let (ran, limit) = (HumanDuration(now - limits.submitted), HumanDuration(limit));
                return broken(
                    Broken::Time,
                    format!("{id} has gone on for {ran}, and its time limit is {limit}"),
                );
            }
        }
        Ok(())
    }
}
