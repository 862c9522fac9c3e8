//! Permission to begin.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::scheduler::{Freeze, JobId, JobStatus};

/// Whether an attempt may begin on its host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Permission {
    /// Its transport does not ask: it may have begun from its start.
    #[default]
    NotAsked,
    /// Its transport asks after connecting, and has not done so: nothing has run on the host.
    Awaited,
    /// Permission was given: it may have begun.
    Given {
        /// Whether the host's lock keeps every other attempt from running there meanwhile.
        host_lock: bool,
        /// Whether its transport can ask the host later for the state of the attempt.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        fences: bool,
    },
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAsked => "not asked for",
            Self::Awaited => "awaited",
            Self::Given { host_lock: true, .. } => "given under the lock of the host",
            Self::Given { host_lock: false, .. } => "given",
        })
    }
}

impl Permission {
    /// What an attempt has when it is started.
    pub(in crate::scheduler) fn at_start(asks: bool) -> Self {
        match asks {
            true => Self::Awaited,
            false => Self::NotAsked,
        }
    }

    /// Whether the attempt has been permitted to begin.
    pub fn is_given(self) -> bool {
        matches!(self, Self::Given { .. })
    }

    /// Whether the attempt was permitted to begin under the lock of its host.
    pub fn has_host_lock(self) -> bool {
        matches!(self, Self::Given { host_lock: true, .. })
    }

    /// Whether nothing can have run because permission was not given.
    pub fn is_awaited(self) -> bool {
        self == Self::Awaited
    }

    /// Whether an attempt whose end is unknown keeps its host until that has reported its state. Where its
    /// transport could not ask, there is nothing that an order could wait for.
    pub(in crate::scheduler) fn needs_fence(self) -> bool {
        matches!(self, Self::Given { fences: true, .. })
    }

    /// What is known of it after a restore: it may have been given since the copy was made. Whether the host has a lock
    /// shows when it is asked.
    pub(in crate::scheduler) fn after_restore(self, fences: bool) -> Self {
        match self {
            Self::Awaited => Self::Given {
                host_lock: true,
                fences,
            },
            known => known,
        }
    }

    /// Permission given again after a broken connection: a missing lock stays missing.
    pub(in crate::scheduler) fn renewed(self, host_lock: bool, fences: bool) -> Self {
        let (locked, asked) = match self {
            Self::Given { host_lock, fences } => (host_lock, fences),
            Self::NotAsked | Self::Awaited => (true, false),
        };
        Self::Given {
            // Once without a lock, another attempt may have begun: that the next launch has one
            // does not undo it.
            host_lock: host_lock && locked,
            fences: fences || asked,
        }
    }
}

/// Why an attempt may not begin. Its task waits again, or is cancelled with its job; it is never in doubt because of
/// this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BeginRefused {
    /// It was cancelled.
    #[error("the attempt was cancelled before it began")]
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
    /// Its job was aborted.
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
