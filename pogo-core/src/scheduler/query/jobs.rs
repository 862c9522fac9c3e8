//! Lists of jobs.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{PageLimit, Paged};
use crate::Timestamp;
use crate::fleet::Selector;
use crate::plan::HoldOwner;
use crate::scheduler::state::{Job, State};
use crate::scheduler::{Actor, JobId, JobStatus, Tally};

/// Which jobs to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JobsQuery {
    /// Those of any of these statuses; of every status if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<JobStatus>,
    /// Those of this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Those with a higher number than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<JobId>,
    /// How many at once.
    #[serde(default)]
    pub limit: PageLimit,
}

impl JobsQuery {
    /// All jobs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves only jobs with one of these statuses.
    #[must_use]
    pub fn statuses(mut self, statuses: impl IntoIterator<Item = JobStatus>) -> Self {
        self.statuses = statuses.into_iter().collect();
        self
    }

    /// Leaves only jobs of this user.
    #[must_use]
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Goes on after this job.
    #[must_use]
    pub fn after(mut self, job: JobId) -> Self {
        self.after = Some(job);
        self
    }

    /// Sets how many jobs a page has.
    #[must_use]
    pub fn limit(mut self, limit: PageLimit) -> Self {
        self.limit = limit;
        self
    }

    fn takes(&self, job: &Job) -> bool {
        Some(job.id) > self.after
            && (self.statuses.is_empty() || self.statuses.contains(&job.status))
            && self.user.as_ref().is_none_or(|user| *user == job.spec.user)
    }
}

/// A job as a row of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct JobSummary {
    /// Its number.
    pub job: JobId,
    /// Who asked for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Who submitted it, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_by: Option<Arc<Actor>>,
    /// Its hosts, as they were named.
    pub targets: Selector,
    /// Whose holds it runs under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under_hold: Option<HoldOwner>,
    /// How it is doing.
    pub status: JobStatus,
    /// When it was submitted.
    pub submitted: Timestamp,
    /// When it was finished, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
    /// How many of its tasks are in which state.
    pub tally: Tally,
    /// The wave that may begin as soon as its gate opens, if one waits for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_wave: Option<u32>,
}

impl State {
    pub(super) fn jobs_page(&self, query: &JobsQuery) -> Paged<JobSummary, JobId> {
        let jobs = self.jobs.values().filter(|job| query.takes(job));
        Paged::of(jobs.map(JobSummary::of), query.limit, |job| job.job)
    }
}

impl JobSummary {
    pub(super) fn of(job: &Job) -> Self {
        Self {
            job: job.id,
            user: job.spec.user.clone(),
            submitted_by: job.submitted_by.clone(),
            targets: job.spec.targets.clone(),
            under_hold: job.spec.under_hold.clone(),
            status: job.status,
            submitted: job.submitted,
            finished: (job.status == JobStatus::Finished).then_some(job.finished),
            tally: job.tally,
            next_wave: job.next_wave(),
        }
    }
}
