//! The state transitions of tasks and jobs: the one table by which orders are refused, and by which stored
//! events are recognized as damaged.

use crate::scheduler::{JobStatus, TaskState};

/// What moves a task from one state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TaskChange {
    /// An attempt begins.
    Start,
    /// It waits again, by an order or because it has retries left.
    Retry,
    /// An operator counts it as done.
    Skip,
    /// It will not be run.
    Cancel,
}

impl TaskState {
    /// Whether this may happen to a task in this state. While an attempt is under way, nothing but its end moves the
    /// task.
    pub(crate) fn allows(self, change: TaskChange) -> bool {
        match change {
            TaskChange::Start | TaskChange::Cancel => self == Self::Waiting,
            // Not a task that succeeded: it would run twice in one job, which is promised never to
            // happen.
            TaskChange::Retry => matches!(self, Self::Failed | Self::InDoubt | Self::Skipped | Self::Cancelled),
            TaskChange::Skip => matches!(self, Self::Waiting | Self::Failed | Self::InDoubt | Self::Cancelled),
        }
    }

    /// Failed or in doubt: it counts against budgets, and leaves its host unavailable.
    pub(crate) fn counts_as_failed(self) -> bool {
        matches!(self, Self::Failed | Self::InDoubt)
    }
}

/// What moves a job from one status to another, or needs it to be in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobChange {
    /// It runs, waits or is blocked, as the scheduler finds.
    Assess,
    /// An operator pauses it.
    Pause,
    /// An operator lets it go on.
    Resume,
    /// It starts no more, and what runs ends.
    Halt,
    /// Nothing of it runs any more after it was halted.
    HaltEnds,
    /// It is given up. Halting events of old logs are judged by this, whatever led to them.
    Abort,
    /// An operator opens its next wave.
    Promote,
    /// Its settings change.
    Alter,
    /// Every task has ended.
    Finish,
    /// It leaves the scheduler.
    Retire,
}

impl JobStatus {
    /// Whether this may happen to a job in this status.
    pub(crate) fn allows(self, change: JobChange) -> bool {
        match change {
            JobChange::Assess | JobChange::Pause => self.may_start(),
            JobChange::Resume => self.may_resume(),
            JobChange::Halt => self.may_start() || self == Self::Paused,
            JobChange::HaltEnds => self == Self::Halting,
            JobChange::Retire => self == Self::Finished,
            JobChange::Abort | JobChange::Promote | JobChange::Alter | JobChange::Finish => self != Self::Finished,
        }
    }
}
