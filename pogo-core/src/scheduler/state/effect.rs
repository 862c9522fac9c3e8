//! Effects of applied events, for the queues over the state.

use super::TaskAt;
use crate::fleet::HostId;
use crate::plan::StageId;
use crate::scheduler::{AttemptId, JobId};

/// A consequence of an event. Replay throws them away and builds the queues anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// An attempt began.
    Started { attempt: AttemptId },
    /// A task waits no longer; a fresh one had never been tried.
    Dequeued { task: TaskAt, fresh: bool },
    /// A task is waiting again, not before a moment that its job knows.
    Requeued(TaskAt),
    /// A host no longer runs a task of this job, or counts as available again: its buckets may have room, and the
    /// tasks of other jobs there may move.
    HostFreed {
        host: HostId,
        profile: u32,
        by: Option<JobId>,
    },
    /// A host's standing changed while it was not running.
    HostChanged(HostId),
    /// A job was taken on.
    JobAdded(JobId),
    /// A task of the job went from one state to another otherwise than by starting or succeeding.
    TaskTurned(TaskAt),
    /// A host was marked down or up.
    HostMarked(HostId),
    /// Somebody waits to hold a host, or no longer does.
    HoldsChanged(HostId),
    /// A stage's gate is open.
    StageOpened(JobId, StageId),
    /// A stage's gate will open when its bake time is over.
    StageBaking(JobId, StageId),
    /// What holds back a job as a whole has changed.
    JobChanged(JobId),
    /// An attempt entered its settle phase.
    Settling { attempt: AttemptId },
    /// An attempt was reported as slow.
    ReportedSlow { attempt: AttemptId },
    /// An attempt is to end.
    Cancelling { attempt: AttemptId },
    /// Nothing that was queued before is sure to be right.
    Rebuild,
}

/// Effects in the order of their events.
pub(crate) type Effects = Vec<Effect>;
