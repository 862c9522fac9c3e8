//! Events of tasks: one host of one job.

use std::sync::Arc;
use std::time::Duration;

use super::{CancelReason, DoubtCause, former};
use crate::Timestamp;
use crate::fleet::HostName;
use crate::scheduler::{
    Actor, AttemptId, Failure, FenceAnswer, JobId, LockHolder, NeverBegan, OrderKind, OutputSummary, Phase, TaskState,
};

/// An event of one host of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskEvent {
    /// The job.
    pub job: JobId,
    /// The host.
    pub host: HostName,
    /// What happened.
    pub kind: TaskEventKind,
    /// Who ordered what led to it, if an order did whose actor is known.
    pub actor: Option<Arc<Actor>>,
}

impl TaskEvent {
    /// The attempt, for what happens to one.
    pub fn attempt(&self) -> Option<AttemptId> {
        match &self.kind {
            TaskEventKind::Started { attempt, .. }
            | TaskEventKind::Permitted { attempt, .. }
            | TaskEventKind::Fenced { attempt, .. }
            | TaskEventKind::NeverBegan { attempt, .. }
            | TaskEventKind::PhaseEntered { attempt, .. }
            | TaskEventKind::HostKeyRecorded { attempt }
            | TaskEventKind::Slow { attempt, .. }
            | TaskEventKind::CancelRequested { attempt, .. }
            | TaskEventKind::Succeeded { attempt, .. }
            | TaskEventKind::Failed { attempt, .. }
            | TaskEventKind::InDoubt { attempt, .. } => Some(*attempt),
            TaskEventKind::Retried { .. } | TaskEventKind::Skipped | TaskEventKind::Cancelled => None,
        }
    }

    /// The attempt that is to run, if this is the order to start one.
    pub fn started(&self) -> Option<AttemptId> {
        match &self.kind {
            TaskEventKind::Started { attempt, .. } => Some(*attempt),
            TaskEventKind::Permitted { .. }
            | TaskEventKind::Fenced { .. }
            | TaskEventKind::NeverBegan { .. }
            | TaskEventKind::PhaseEntered { .. }
            | TaskEventKind::HostKeyRecorded { .. }
            | TaskEventKind::Slow { .. }
            | TaskEventKind::CancelRequested { .. }
            | TaskEventKind::Succeeded { .. }
            | TaskEventKind::Failed { .. }
            | TaskEventKind::InDoubt { .. }
            | TaskEventKind::Retried { .. }
            | TaskEventKind::Skipped
            | TaskEventKind::Cancelled => None,
        }
    }

    /// The attempt that is over, if this is its end: it succeeded, failed, is in doubt, or never began.
    pub fn ended(&self) -> Option<AttemptId> {
        match &self.kind {
            TaskEventKind::Succeeded { attempt, .. }
            | TaskEventKind::Failed { attempt, .. }
            | TaskEventKind::InDoubt { attempt, .. }
            | TaskEventKind::NeverBegan { attempt, .. } => Some(*attempt),
            TaskEventKind::Started { .. }
            | TaskEventKind::Permitted { .. }
            | TaskEventKind::Fenced { .. }
            | TaskEventKind::PhaseEntered { .. }
            | TaskEventKind::HostKeyRecorded { .. }
            | TaskEventKind::Slow { .. }
            | TaskEventKind::CancelRequested { .. }
            | TaskEventKind::Retried { .. }
            | TaskEventKind::Skipped
            | TaskEventKind::Cancelled => None,
        }
    }
}

/// What happened to a task. Those that happen to one of its attempts name it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TaskEventKind {
    /// An attempt starts: the order to the transport to run it.
    Started {
        /// The attempt.
        attempt: AttemptId,
        /// Whether it asks for permission before anything runs on the host. In logs from before there was such a thing,
        /// no.
        asks_permission: bool,
    },
    /// An attempt is permitted to begin on its host. From here on it may have run.
    Permitted {
        /// The attempt.
        attempt: AttemptId,
        /// Whether the host's lock keeps other attempts away until this one has ended.
        host_lock: bool,
        /// Whether its transport can ask the host later for the state of the attempt.
        fences: bool,
    },
    /// A host was asked for the state of an attempt whose end is unknown, and lets it begin no more.
    Fenced {
        /// The attempt.
        attempt: AttemptId,
        /// What it said.
        answer: FenceAnswer,
        /// Whether the attempt was in doubt and counts as under way again, until its end, which follows as if it was
        /// reported just now. It does not while another attempt runs on the host: then its task stays in doubt, and may
        /// be tried again or skipped. Nor when its job has retired: then the host is released or failed by the answer
        /// itself.
        reopens: bool,
    },
    /// An attempt ended before anything ran on its host: it gives back its slots, its task waits again,
    /// and no retry is used up.
    NeverBegan {
        /// The attempt.
        attempt: AttemptId,
        /// Why.
        reason: NeverBegan,
        /// What was seen.
        message: String,
        /// Whose command its host is [busy](NeverBegan::Busy) with, if it says so.
        holder: Option<LockHolder>,
        /// The task is not started before this moment.
        not_before: Timestamp,
    },
    /// An attempt entered a further phase.
    PhaseEntered {
        /// The attempt.
        attempt: AttemptId,
        /// The phase that begins.
        phase: Phase,
        /// What was kept of its output, if that is known and the host [settles](Phase::Settle): nothing more is written
        /// then.
        output: Option<OutputSummary>,
    },
    /// An attempt has met a host of which no key was known, and its transport has accepted and recorded the key that
    /// the host showed. Connects to that host trust this key from here on.
    HostKeyRecorded {
        /// The attempt.
        attempt: AttemptId,
    },
    /// An attempt has run longer than `slow_after`. It goes on.
    Slow {
        /// The attempt.
        attempt: AttemptId,
        /// After how long it counts as slow.
        after: Duration,
    },
    /// A running attempt was cancelled: the order to the transport to end it.
    CancelRequested {
        /// The attempt to end.
        attempt: AttemptId,
        /// Why.
        reason: CancelReason,
    },
    /// An attempt succeeded: the host is done.
    Succeeded {
        /// The attempt.
        attempt: AttemptId,
        /// What was kept of its output, if that is known; of an attempt that settled, the beginning of that says it.
        output: Option<OutputSummary>,
    },
    /// An attempt failed; the host keeps its slots.
    Failed {
        /// The attempt.
        attempt: AttemptId,
        /// What failed.
        failure: Failure,
        /// What was kept of its output, if that is known.
        output: Option<OutputSummary>,
    },
    /// An attempt is in doubt; the host keeps its slots.
    InDoubt {
        /// The attempt whose end is unknown.
        attempt: AttemptId,
        /// What was seen last.
        message: String,
        /// What led to it. `None` in logs from before it was recorded.
        cause: Option<DoubtCause>,
        /// What was kept of its output, if that is known.
        output: Option<OutputSummary>,
    },
    /// The host, failed or in doubt, is to be tried again, by its retry budget or an operator's order.
    Retried {
        /// Not before this moment.
        not_before: Timestamp,
        /// Whether an operator ordered it.
        ordered: bool,
        /// Whether it counts against the retries of connecting.
        after_connect: bool,
    },
    /// An operator took the host out of the job; it counts as done and gives its slots back.
    Skipped,
    /// The host waited and will not be run in this job.
    Cancelled,
}

impl TaskEventKind {
    /// What was kept of the attempt's output, if this is the record that says it.
    pub fn output(&self) -> Option<OutputSummary> {
        match self {
            Self::PhaseEntered { output, .. }
            | Self::Succeeded { output, .. }
            | Self::Failed { output, .. }
            | Self::InDoubt { output, .. } => *output,
            Self::Started { .. }
            | Self::Permitted { .. }
            | Self::Fenced { .. }
            | Self::NeverBegan { .. }
            | Self::HostKeyRecorded { .. }
            | Self::Slow { .. }
            | Self::CancelRequested { .. }
            | Self::Retried { .. }
            | Self::Skipped
            | Self::Cancelled => None,
        }
    }

    /// The order that it is the record of, if it is of one that is given to hosts of a job.
    pub(crate) fn order(&self) -> Option<OrderKind> {
        match self {
            Self::Retried { ordered: true, .. } => Some(OrderKind::Retry),
            Self::Skipped => Some(OrderKind::Skip),
            Self::Started { .. }
            | Self::Permitted { .. }
            | Self::Fenced { .. }
            | Self::NeverBegan { .. }
            | Self::PhaseEntered { .. }
            | Self::HostKeyRecorded { .. }
            | Self::Slow { .. }
            | Self::CancelRequested { .. }
            | Self::Succeeded { .. }
            | Self::Failed { .. }
            | Self::InDoubt { .. }
            | Self::Retried { ordered: false, .. }
            | Self::Cancelled => None,
        }
    }

    /// The cause of a doubt. For old logs it is derived from the message.
    pub fn doubt_cause(&self) -> Option<DoubtCause> {
        let Self::InDoubt { cause, message, .. } = self else {
            return None;
        };
        Some(cause.unwrap_or_else(|| former::doubt_cause(message)))
    }
}

impl TaskEventKind {
    /// The state that it leaves its task in, if it changes it.
    pub fn state_after(&self) -> Option<TaskState> {
        match self {
            Self::Started { .. } | Self::Fenced { reopens: true, .. } => Some(TaskState::Running),
            Self::NeverBegan { .. } | Self::Retried { .. } => Some(TaskState::Waiting),
            Self::Succeeded { .. } => Some(TaskState::Succeeded),
            Self::Failed { .. } => Some(TaskState::Failed),
            Self::InDoubt { .. } => Some(TaskState::InDoubt),
            Self::Skipped => Some(TaskState::Skipped),
            Self::Cancelled => Some(TaskState::Cancelled),
            Self::Permitted { .. }
            | Self::Fenced { reopens: false, .. }
            | Self::PhaseEntered { .. }
            | Self::HostKeyRecorded { .. }
            | Self::Slow { .. }
            | Self::CancelRequested { .. } => None,
        }
    }

    /// The state that its task was in before, where the event alone says so: a task may be retried or skipped in
    /// several.
    pub fn state_before(&self) -> Option<TaskState> {
        match self {
            Self::Started { .. } | Self::Cancelled => Some(TaskState::Waiting),
            Self::NeverBegan { .. } | Self::Succeeded { .. } | Self::Failed { .. } | Self::InDoubt { .. } => {
                Some(TaskState::Running)
            }
            Self::Fenced { reopens: true, .. } => Some(TaskState::InDoubt),
            Self::Retried { .. }
            | Self::Skipped
            | Self::Permitted { .. }
            | Self::Fenced { reopens: false, .. }
            | Self::PhaseEntered { .. }
            | Self::HostKeyRecorded { .. }
            | Self::Slow { .. }
            | Self::CancelRequested { .. } => None,
        }
    }
}
