//! Which jobs to list.

use super::JobEntry;
use crate::Timestamp;
use crate::fleet::HostName;
use crate::scheduler::{JobId, JobStatus};

/// Which jobs to list, and how many at once.
///
/// ```
/// use pogo_core::history::JobFilter;
/// use pogo_core::scheduler::JobStatus;
///
/// let mine = JobFilter::new().by("alice").statuses([JobStatus::Running, JobStatus::Blocked]).limit(20);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct JobFilter {
    /// Those that this user asked for or submitted.
    pub by: Option<String>,
    /// Those with any of these hosts; any job if empty.
    pub hosts: Vec<HostName>,
    /// Those of any of these statuses; of every status if empty.
    pub statuses: Vec<JobStatus>,
    /// Those that have not ended.
    pub unfinished: bool,
    /// Those to which something happened at this moment or later.
    pub since: Option<Timestamp>,
    /// Those with a lower number than this.
    pub before: Option<JobId>,
    /// How many at once; at least one.
    pub limit: usize,
}

impl Default for JobFilter {
    /// The newest 100 jobs.
    fn default() -> Self {
        Self {
            by: None,
            hosts: vec![],
            statuses: vec![],
            unfinished: false,
            since: None,
            before: None,
            limit: 100,
        }
    }
}

impl JobFilter {
    /// The newest 100 jobs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those that this user asked for or submitted.
    #[must_use]
    pub fn by(mut self, user: impl Into<String>) -> Self {
        self.by = Some(user.into());
        self
    }

    /// Only those with any of these hosts.
    #[must_use]
    pub fn on(mut self, hosts: impl IntoIterator<Item = HostName>) -> Self {
        self.hosts = hosts.into_iter().collect();
        self
    }

    /// Only those of one of these statuses.
    #[must_use]
    pub fn statuses(mut self, statuses: impl IntoIterator<Item = JobStatus>) -> Self {
        self.statuses = statuses.into_iter().collect();
        self
    }

    /// Only those that have not ended.
    #[must_use]
    pub fn unfinished(mut self) -> Self {
        self.unfinished = true;
        self
    }

    /// Only those to which something happened at this moment or later.
    #[must_use]
    pub fn since(mut self, moment: Timestamp) -> Self {
        self.since = Some(moment);
        self
    }

    /// Goes on before this job, which is the `next` of the page before.
    #[must_use]
    pub fn before(mut self, job: JobId) -> Self {
        self.before = Some(job);
        self
    }

    /// So many at once.
    #[must_use]
    pub fn limit(mut self, jobs: usize) -> Self {
        self.limit = jobs;
        self
    }

    /// Whether it asks for this job.
    pub fn takes(&self, job: &JobEntry) -> bool {
        let JobEntry {
            submitted, progress, ..
        } = job;
        let is_of = |user: &String| {
            let submitted_by = submitted.by.as_ref().is_some_and(|by| *by.name == **user);
            submitted.user == *user || submitted_by
        };
        self.by.as_ref().is_none_or(is_of)
            && self.before.is_none_or(|before| job.job < before)
            && (self.statuses.is_empty() || self.statuses.contains(&progress.status))
            && (!self.unfinished || progress.status != JobStatus::Finished && !progress.retired)
            && self.since.is_none_or(|since| progress.changed >= since)
            && (self.hosts.is_empty() || self.hosts.iter().any(|host| submitted.has_host(host.as_str())))
    }

    /// The first that it asks for of these jobs, which come newest first.
    pub fn page<'a>(&self, jobs: impl Iterator<Item = &'a JobEntry>) -> JobPage {
        let mut taken = jobs.filter(|job| self.takes(job));
        let entries: Vec<JobEntry> = taken.by_ref().take(self.limit.max(1)).cloned().collect();
        // Only where another follows: a page that is just full would lead to an empty one.
        let next = entries.last().map(|last| last.job).filter(|_| taken.next().is_some());
        JobPage { entries, next }
    }
}

/// Some jobs, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct JobPage {
    /// The jobs.
    pub entries: Vec<JobEntry>,
    /// Where the list goes on: the [`before`](JobFilter::before) of the next page. `None` at its end.
    pub next: Option<JobId>,
}

impl JobPage {
    /// Some jobs, and where the list goes on.
    pub fn new(entries: Vec<JobEntry>, next: Option<JobId>) -> Self {
        Self { entries, next }
    }
}
