//! Attempts under way.

use serde::{Deserialize, Serialize};

use super::{PageLimit, Paged};
use crate::scheduler::state::State;
use crate::scheduler::{AttemptId, AttemptView, JobId};

/// Which attempts to list, of those that have not ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AttemptsQuery {
    /// Those of this job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// Those with a higher number than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<AttemptId>,
    /// How many at once.
    #[serde(default)]
    pub limit: PageLimit,
}

impl AttemptsQuery {
    /// All attempts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves only attempts of this job.
    #[must_use]
    pub fn of(mut self, job: JobId) -> Self {
        self.job = Some(job);
        self
    }

    /// Goes on after this attempt.
    #[must_use]
    pub fn after(mut self, attempt: AttemptId) -> Self {
        self.after = Some(attempt);
        self
    }

    /// Sets how many attempts a page has.
    #[must_use]
    pub fn limit(mut self, limit: PageLimit) -> Self {
        self.limit = limit;
        self
    }
}

impl State {
    pub(super) fn attempts_page(&self, query: &AttemptsQuery) -> Paged<AttemptView, AttemptId> {
        // Filtered before anything is copied: a page of one job among many looks at numbers alone.
        let listed = self
            .attempts
            .iter()
            .filter(|(id, running)| Some(*id) > query.after && query.job.is_none_or(|job| running.task.0 == job));
        let views = listed.map(|(id, running)| AttemptView::of(id, running));
        Paged::of(views, query.limit, |attempt| attempt.id)
    }
}
