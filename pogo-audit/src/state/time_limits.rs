//! How long attempts and jobs may take.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::finding::{Breach, BrokenRule, broken};
use pogo_core::Timestamp;
use pogo_core::policy::JobSettings;
use pogo_core::scheduler::{AttemptId, JobId};
use pogo_core::time::HumanDuration;

/// How long a transport has to end an attempt that was cancelled, before the scheduler gives it up.
const GRACE: Duration = Duration::from_secs(30);
/// Logs of earlier versions don't store the time limit of attempts; this was the default then.
const FORMER_TIMEOUT: Duration = Duration::from_secs(600);

/// The time limits of one job, and the attempts that they end.
pub(crate) struct TimeLimits {
    attempt: Duration,
    job: Option<Duration>,
    submitted: Timestamp,
    /// The job's limit had run out when an operator resumed it; it is not judged again.
    spent: bool,
    /// Attempts that run, by when they started.
    running: BTreeSet<(Timestamp, AttemptId)>,
    /// Attempts whose cancellation was requested, by when it was.
    cancelled: BTreeSet<(Timestamp, AttemptId)>,
    /// The time under which each attempt is in `running` or `cancelled`.
    since: BTreeMap<AttemptId, Timestamp>,
    /// Attempts whose end the dispatcher may be asking their hosts for, however long that takes.
    asked: BTreeSet<AttemptId>,
    /// It is unknown which attempts are asked for, so none counts as given up too late.
    without_grace: bool,
}

impl TimeLimits {
    pub(crate) fn new(settings: &JobSettings, now: Timestamp) -> Self {
        Self {
            attempt: settings.attempt_timeout.unwrap_or(FORMER_TIMEOUT),
            job: settings.job_timeout,
            submitted: now,
            spent: false,
            running: BTreeSet::new(),
            cancelled: BTreeSet::new(),
            since: BTreeMap::new(),
            asked: BTreeSet::new(),
            without_grace: false,
        }
    }

    /// Judges no more how long attempts stay that were cancelled.
    pub(crate) fn forgo_grace(&mut self) {
        self.without_grace = true;
    }

    /// Applies altered settings. A new time limit of the job binds again, even if the old one had run out.
    pub(crate) fn alter(&mut self, settings: &JobSettings, new_job_timeout: bool) {
        self.attempt = settings.attempt_timeout.unwrap_or(FORMER_TIMEOUT);
        self.job = settings.job_timeout;
        self.spent &= !new_job_timeout;
    }

    pub(crate) fn reopen(&mut self, now: Timestamp) {
        self.spent |= self.job.is_some_and(|limit| self.submitted + limit <= now);
    }

    pub(crate) fn begin(&mut self, attempt: AttemptId, now: Timestamp) {
        self.running.insert((now, attempt));
        self.since.insert(attempt, now);
    }

    /// The host of this attempt may be asked before its end is reported.
    pub(crate) fn ask(&mut self, attempt: AttemptId) {
        self.asked.insert(attempt);
    }

    pub(crate) fn cancel(&mut self, attempt: AttemptId, now: Timestamp) {
        self.forget(attempt);
        self.cancelled.insert((now, attempt));
        self.since.insert(attempt, now);
    }

    /// Forgets an attempt that has ended, or that succeeded and settles.
    pub(crate) fn end(&mut self, attempt: AttemptId) {
        self.forget(attempt);
        self.asked.remove(&attempt);
    }

    fn forget(&mut self, attempt: AttemptId) {
        if let Some(since) = self.since.remove(&attempt) {
            self.running.remove(&(since, attempt));
            self.cancelled.remove(&(since, attempt));
        }
    }

    /// Judges a moment when everything was decided that belongs to it: no time limit of this job is exceeded.
    ///
    /// An end that comes late is no breach by itself: a dispatcher that was suspended, or whose journal was away,
    /// records it only then.
    pub(crate) fn check(&self, job: JobId, now: Timestamp, aborted: bool) -> Result<(), Breach> {
        // The earliest start stands for all: the set is in order of time.
        if let Some(&(began, attempt)) = self.running.first().filter(|(began, _)| *began + self.attempt <= now) {
            let (ran, limit) = (HumanDuration(now - began), HumanDuration(self.attempt));
            let message = format!("{attempt} of {job} has run for {ran}, and the time limit of an attempt is {limit}");
            return broken(BrokenRule::Time, message);
        }
        // Not the first alone: one whose host is asked stays here for as long as that host is away.
        let mut cancelled = self.cancelled.iter().take_while(|(since, _)| *since + GRACE <= now);
        let is_late = |attempt| !self.without_grace && !self.asked.contains(attempt);
        if let Some(&(cancelled, attempt)) = cancelled.find(|(_, attempt)| is_late(attempt)) {
            let since = HumanDuration(now - cancelled);
            let message = format!("{attempt} of {job} was cancelled {since} ago, and has not been given up");
            return broken(BrokenRule::Time, message);
        }
        let late = self.job.filter(|limit| self.submitted + *limit <= now && !self.spent);
        if let Some(limit) = late.filter(|_| !aborted) {
            let (ran, limit) = (HumanDuration(now - self.submitted), HumanDuration(limit));
            let message = format!("{job} has gone on for {ran}, and its time limit is {limit}");
            return broken(BrokenRule::Time, message);
        }
        Ok(())
    }
}
