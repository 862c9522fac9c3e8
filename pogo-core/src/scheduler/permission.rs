//! Permission to begin: the word without which nothing runs on a host.

use serde::{Deserialize, Serialize};

use super::{AttemptId, Freeze, InputError, JobId, JobStatus};

/// Whether an attempt may begin on its host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Its transport does not ask: it may have begun as soon as it was started.
    #[default]
    NotAsked,
    /// Its transport asks after connecting, and has not yet: nothing has run on the host.
    Awaited,
    /// It may have begun.
    Given {
        /// Whether the host's lock keeps every other attempt from running there meanwhile.
        host_lock: bool,
    },
}

impl Permission {
    /// Whether the attempt has been permitted to begin.
    pub fn is_given(self) -> bool {
        matches!(self, Self::Given { .. })
    }

    /// Whether nothing can have run for want of permission.
    pub fn is_awaited(self) -> bool {
        self == Self::Awaited
    }

    /// Whether another attempt may follow without an order when the end of this one is unknown: not if it was let begin on a host
    /// where no lock would keep the two apart.
    pub(super) fn allows_retry_of_doubt(self) -> bool {
        matches!(self, Self::NotAsked | Self::Given { host_lock: true })
    }

    /// Given once more, after a broken link: what the lock did not exclude before, it does not exclude now.
    pub(super) fn renewed(self, host_lock: bool) -> Self {
        let before = self != Self::Given { host_lock: false };
        Self::Given {
            host_lock: host_lock && before,
        }
    }
}

/// Why an attempt may not begin. Its task waits again, or is cancelled with its job; it is never in doubt for this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BeginRefused {
    /// It was told to end.
    #[error("the attempt was told to end before it began")]
    Cancelled,
    /// It has ended, or was given up.
    #[error("the attempt is over")]
    Over,
    /// Its job starts nothing.
    #[error("{job} is {status}")]
    Job {
        /// The job.
        job: JobId,
        /// Paused, halting or halted.
        status: JobStatus,
    },
    /// Its job was given up.
    #[error("{job} was aborted")]
    Aborted {
        /// The job.
        job: JobId,
    },
    /// Too many hosts of its job failed.
    #[error("too many hosts of {job} failed")]
    OverBudget {
        /// The job.
        job: JobId,
    },
    /// The host is frozen.
    #[error("`{}` is frozen, {freeze}", freeze.hosts)]
    Frozen {
        /// The freeze in force.
        freeze: Box<Freeze>,
    },
    /// The host has left the fleet.
    #[error("the host has left the fleet")]
    HostRemoved,
    /// The dispatcher shuts down.
    #[error("the dispatcher shuts down, and the next one starts the attempt anew")]
    Draining,
    /// The dispatcher has stopped, or another took over.
    #[error("the dispatcher has stopped")]
    Stopped,
}

#[cfg(feature = "async")]
impl BeginRefused {
    /// What an attempt is told whose request was refused so.
    pub(crate) fn of(error: InputError) -> Self {
        match error {
            InputError::MayNotBegin { reason, .. } => reason,
            // The scheduler has never heard of it, so it is not to run.
            _ => Self::Over,
        }
    }
}

impl InputError {
    pub(super) fn may_not_begin(attempt: AttemptId, reason: BeginRefused) -> Self {
        Self::MayNotBegin { attempt, reason }
    }
}
