//! Events of jobs.

use std::sync::Arc;

use super::{HaltCause, former};
use crate::fleet::HostName;
use crate::plan::JobSpec;
use crate::scheduler::{Actor, JobId, JobUpdate, Obstacle, OrderKind, Tally};

/// An event of a job as a whole.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct JobEvent {
    /// The job.
    pub job: JobId,
    /// What happened.
    pub kind: JobEventKind,
    /// Who ordered what led to it, if an order did whose actor is known.
    pub actor: Option<Arc<Actor>>,
}

/// What happened to a job.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum JobEventKind {
    /// The job was submitted.
    Submitted {
        /// The submitted job.
        spec: Arc<JobSpec>,
        /// Its hosts, in listed order. Stored as ranges that expand to that order:
        /// `["web[1-200]","db1"]`; old logs have every name by itself.
        hosts: Arc<[HostName]>,
        /// The job that has retired whose hosts it tries again, by an order to retry them.
        retry_of: Option<JobId>,
    },
    /// The next wave may begin.
    WaveOpened {
        /// The wave, from 1; wave 0 is open from the start.
        wave: u32,
        /// Whether an operator ordered it.
        ordered: bool,
    },
    /// More of its hosts failed in a group than its budget allows; the job starts no more there.
    FailureBudgetExceeded {
        /// The group.
        group: String,
        /// How many failed.
        failures: u32,
        /// How many were allowed.
        allowed: u32,
    },
    /// Nothing of the job runs and nothing can start; only an operator can help.
    Blocked {
        /// Exactly what is in the way, each with what would clear it.
        reasons: Vec<Obstacle>,
    },
    /// Nothing of the job runs; it goes on when other jobs give back hosts or slots.
    Waiting,
    /// The job goes on after it was waiting or blocked.
    Unblocked,
    /// An operator paused the job: it starts no more until resumed.
    Paused,
    /// An operator let a paused, halted or blocked job go on.
    Resumed,
    /// The job starts no more; what runs may end.
    Halting {
        /// Why, for a person.
        reason: String,
        /// Whether the job is given up: what waits is cancelled, and it ends when nothing runs.
        abort: bool,
        /// The cause. `None` in logs from before it was recorded.
        cause: Option<HaltCause>,
    },
    /// The last running attempt of a halting job has ended.
    Halted,
    /// An operator changed settings of the job.
    Altered {
        /// What changed; what was unset is set here to the default that it went back to, if there is one.
        change: Box<JobUpdate>,
    },
    /// Every task of the job has ended.
    Finished {
        /// How many ended how.
        tally: Tally,
    },
    /// The job has been finished for [a while](crate::policy::Policy::retire_after), and leaves the scheduler. Hosts
    /// that it left failed or in doubt stay so, and keep their slots.
    Retired,
}

impl JobEventKind {
    /// The order that it is the record of, with the reason that it names, if it is of one that is given to jobs.
    pub(crate) fn order(&self) -> Option<(OrderKind, &str)> {
        match self {
            Self::Paused => Some((OrderKind::Pause, "")),
            Self::Resumed => Some((OrderKind::Resume, "")),
            Self::Altered { .. } => Some((OrderKind::Alter, "")),
            Self::WaveOpened { ordered: true, .. } => Some((OrderKind::Promote, "")),
            Self::Halting { abort, reason, .. } if self.halt_cause() == Some(HaltCause::Order) => match abort {
                true => Some((OrderKind::Abort, reason)),
                false => Some((OrderKind::Halt, reason)),
            },
            Self::Halting { .. }
            | Self::Submitted { .. }
            | Self::WaveOpened { .. }
            | Self::FailureBudgetExceeded { .. }
            | Self::Blocked { .. }
            | Self::Unblocked
            | Self::Waiting
            | Self::Halted
            | Self::Finished { .. }
            | Self::Retired => None,
        }
    }

    /// The cause of a halt. For old logs it is derived from the reason.
    pub fn halt_cause(&self) -> Option<HaltCause> {
        let Self::Halting { cause, reason, .. } = self else {
            return None;
        };
        Some(cause.unwrap_or_else(|| former::halt_cause(reason)))
    }
}
