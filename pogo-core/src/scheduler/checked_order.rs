//! Orders that are valid, and their answers.

use std::sync::Arc;

use super::check_hold::{EndedHolds, NewHolds};
use super::state::{Compiled, State, TaskAt};
use super::{Answer, JobId, JobUpdate};
use crate::fleet::{Fleet, HostName, Selector};
use crate::plan::JobSpec;
use crate::policy::Policy;
use crate::saturating::saturating_u32;

/// A valid order, with the results of checking it.
pub(super) enum CheckedOrder {
    Configure {
        fleet: Arc<Fleet>,
        policy: Arc<Policy>,
        next: Box<State>,
    },
    Submit {
        job: JobId,
        spec: Arc<JobSpec>,
        compiled: Compiled,
        /// The job that has retired whose hosts it tries again.
        retry_of: Option<JobId>,
    },
    Pause {
        job: JobId,
    },
    Resume {
        job: JobId,
    },
    Halt {
        job: JobId,
    },
    Abort {
        job: JobId,
    },
    Promote {
        job: JobId,
        wave: u32,
    },
    Freeze {
        hosts: Selector,
    },
    Thaw {
        hosts: Selector,
    },
    Retry {
        tasks: Vec<TaskAt>,
    },
    Skip {
        tasks: Vec<TaskAt>,
    },
    /// Of a job that has retired.
    SkipRetired {
        job: JobId,
        hosts: Vec<HostName>,
    },
    Alter {
        job: JobId,
        change: JobUpdate,
    },
    Mark {
        host: HostName,
        down: bool,
    },
    Hold(NewHolds),
    Release(EndedHolds),
    /// An order that changes nothing.
    Nothing,
}

impl CheckedOrder {
    /// What whoever gave this order is answered.
    pub(super) fn answer(&self) -> Answer {
        match self {
            Self::Submit { job, .. } => Answer::Job(*job),
            Self::Promote { wave, .. } => Answer::Wave(*wave),
            Self::Retry { tasks } | Self::Skip { tasks } => Answer::Hosts(saturating_u32(tasks.len())),
            Self::Hold(holds) => Answer::Hosts(saturating_u32(holds.hosts.len())),
            Self::Nothing => Answer::Unchanged,
            Self::Configure { .. }
            | Self::Pause { .. }
            | Self::Resume { .. }
            | Self::Halt { .. }
            | Self::Abort { .. }
            | Self::Freeze { .. }
            | Self::Thaw { .. }
            | Self::SkipRetired { .. }
            | Self::Alter { .. }
            | Self::Mark { .. }
            | Self::Release(_) => Answer::Done,
        }
    }
}
