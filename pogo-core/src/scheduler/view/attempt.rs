//! Views of attempts.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::fleet::HostName;
use crate::scheduler::state::{Running, State};
use crate::scheduler::{AttemptId, CancelReason, JobId, Permission, Phase};

/// An attempt that has not ended, as far as the scheduler knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct AttemptView {
    /// Its number.
    pub id: AttemptId,
    /// The job.
    pub job: JobId,
    /// The host.
    pub host: HostName,
    /// Its phase.
    pub phase: Phase,
    /// Whether it may begin, or has begun.
    pub permission: Permission,
    /// When it was started.
    pub started: Timestamp,
    /// Why it was cancelled, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelling: Option<CancelReason>,
    /// Whether it was reported as slow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub slow: bool,
}

impl AttemptView {
    pub(in crate::scheduler) fn of(id: AttemptId, running: &Running) -> Self {
        Self {
            id,
            job: running.task.0,
            host: running.target.name.clone(),
            phase: running.phase,
            permission: running.permission,
            started: running.started,
            cancelling: running.cancelling,
            slow: running.slow,
        }
    }

    /// Whether nothing of it can have run on its host: it asks for permission, and has none.
    pub fn has_not_begun(&self) -> bool {
        self.permission.is_awaited() && self.phase == Phase::Connect
    }
}

impl State {
    pub(in crate::scheduler) fn attempt_views(&self) -> Vec<AttemptView> {
        let views = self.attempts.in_order().into_iter();
        views.map(|(id, running)| AttemptView::of(id, &running)).collect()
    }

    pub(in crate::scheduler) fn attempt_view(&self, id: AttemptId) -> Option<AttemptView> {
        Some(AttemptView::of(id, self.attempts.get(id)?))
    }
}
