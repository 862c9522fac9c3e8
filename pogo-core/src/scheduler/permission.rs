//! Permission to begin.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::check::Checked;
use super::state::{Job, State};
use super::{AttemptId, Freeze, InputError, JobId, JobStatus, Phase};

/// Whether an attempt may begin on its host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
        /// Whether its transport can ask the host later what became of the attempt.
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
    pub(super) fn at_start(asks: bool) -> Self {
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

    /// Whether an attempt whose end is unknown keeps its host until that has said what became of it. Where its transport could not ask,
    /// there is nothing that an order could wait for.
    pub(super) fn needs_fence(self) -> bool {
        matches!(self, Self::Given { fences: true, .. })
    }

    /// What is known of it after a restore: it may have been given since the copy was made. Whether the host has a lock shows when it is
    /// asked.
    pub(super) fn after_restore(self, fences: bool) -> Self {
        match self {
            Self::Awaited => Self::Given {
                host_lock: true,
                fences,
            },
            known => known,
        }
    }

    /// Permission given again after a broken connection: a missing lock stays missing.
    pub(super) fn renewed(self, host_lock: bool, fences: bool) -> Self {
        let (locked, asked) = match self {
            Self::Given { host_lock, fences } => (host_lock, fences),
            Self::NotAsked | Self::Awaited => (true, false),
        };
        Self::Given {
            host_lock: host_lock && locked,
            fences: fences || asked,
        }
    }
}

/// Why an attempt may not begin. Its task waits again, or is cancelled with its job; it is never in doubt because of this.
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

#[cfg(feature = "async")]
impl BeginRefused {
    /// The reason for an attempt whose request was refused with this error.
    pub(crate) fn of(error: InputError) -> Self {
        match error {
            InputError::MayNotBegin { reason, .. } => reason,
            // An unknown attempt must not run.
            _ => Self::Over,
        }
    }
}

impl State {
    /// Refuses permission where the host would not be started now for a reason that an operator or a failure gave.
    pub(super) fn check_begin(&self, attempt: AttemptId, host_lock: bool) -> Result<Checked, InputError> {
        if !self.attempts.was_issued(attempt) {
            return Err(InputError::UnknownAttempt { attempt });
        }
        match self.refusal(attempt) {
            Some(reason) => Err(InputError::MayNotBegin { attempt, reason }),
            None => Ok(Checked::Begin { attempt, host_lock }),
        }
    }

    /// Whether a task runs only to wait again: its attempt has not begun, and would be refused.
    pub(super) fn never_begins(&self, job: &Job, task: u32) -> bool {
        let attempt = job.tasks[task as usize].attempt;
        let asks = self.attempts.get(attempt).is_some_and(|running| {
            let before = running.permission.is_awaited() && running.phase == Phase::Connect;
            before && running.cancelling.is_none()
        });
        asks && self.refusal(attempt).is_some()
    }

    fn refusal(&self, attempt: AttemptId) -> Option<BeginRefused> {
        let running = self
            .attempts
            .get(attempt)
            .filter(|running| running.phase != Phase::Settle);
        let Some((running, job)) = running.and_then(|running| Some((running, self.jobs.get(&running.task.0)?))) else {
            return Some(BeginRefused::Over);
        };
        let (id, host) = (job.id, running.target.host);
        // Before the cancellation that an abort leads to: it says more.
        if job.aborted {
            Some(BeginRefused::Aborted { job: id })
        } else if running.cancelling.is_some() {
            Some(BeginRefused::Cancelled)
        } else if job.is_over_budget() || self.is_over_budget(job, host) {
            Some(BeginRefused::OverBudget { job: id })
        } else if !job.status.may_start() {
            Some(BeginRefused::Job {
                job: id,
                status: job.status,
            })
        } else if self.hosts.is_removed(host) {
            Some(BeginRefused::HostRemoved)
        } else {
            let freeze = self.freezes.of(host).next()?;
            Some(BeginRefused::Frozen {
                freeze: Box::new(freeze.clone()),
            })
        }
    }
}
