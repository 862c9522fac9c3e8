//! Orders that are valid, and their answers.

use std::sync::Arc;

use crate::fleet::{Fleet, HostName, Selector};
use crate::plan::{HoldOwner, JobSpec};
use crate::policy::Policy;
use crate::saturating::saturating_u32;
use crate::scheduler::state::{Compiled, State, TaskAt};
use crate::scheduler::{Answer, HoldMode, JobId, JobUpdate};

/// A valid order, with the results of checking it.
pub(in crate::scheduler) enum CheckedOrder {
    /// With the whole state under the new rules, which replaces the one before.
    Configure {
        fleet: Arc<Fleet>,
        policy: Arc<Policy>,
        next: Box<State>,
    },
    /// A job under its number, compiled against the fleet; also a retry of hosts of a retired job.
    Submit {
        job: JobId,
        spec: Arc<JobSpec>,
        compiled: Compiled,
        /// The job that has retired whose hosts it tries again.
        retry_of: Option<JobId>,
    },
    /// Of a job that may be paused.
    Pause { job: JobId },
    /// Of a job that is paused, halting, halted or blocked.
    Resume { job: JobId },
    /// Of a job that may start hosts, or is paused.
    Halt { job: JobId },
    /// Of a job that is not finished.
    Abort { job: JobId },
    /// Of a job whose wave is complete: with the one that begins.
    Promote { job: JobId, wave: u32 },
    /// Of a selector that no freeze has.
    Freeze { hosts: Selector },
    /// Of the selector of a freeze.
    Thaw { hosts: Selector },
    /// Of tasks in states that allow it.
    Retry { tasks: Vec<TaskAt> },
    /// Of tasks that do not run.
    Skip { tasks: Vec<TaskAt> },
    /// Of a job that has retired.
    SkipRetired { job: JobId, hosts: Vec<HostName> },
    /// Of settings that the job may have.
    Alter { job: JobId, change: JobUpdate },
    /// A host of the fleet is marked down, or up.
    Mark { host: HostName, down: bool },
    /// Its record has all of it.
    Note,
    /// What is left to hold or to wait for.
    Hold(NewHolds),
    /// What is there to be given back.
    Release(EndedHolds),
    /// An order that changes nothing.
    Nothing,
}

impl CheckedOrder {
    /// What whoever gave this order is answered.
    pub(in crate::scheduler) fn answer(&self) -> Answer {
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
            | Self::Note
            | Self::Release(_) => Answer::Done,
        }
    }
}

/// A checked [`Order::Hold`](crate::scheduler::Order::Hold), without hosts that its owner holds or waits for already.
pub(in crate::scheduler) struct NewHolds {
    pub(in crate::scheduler) hosts: Vec<HostName>,
    pub(in crate::scheduler) owner: HoldOwner,
    pub(in crate::scheduler) reason: String,
    pub(in crate::scheduler) priority: i32,
    pub(in crate::scheduler) mode: HoldMode,
}

/// A checked [`Order::Release`](crate::scheduler::Order::Release).
pub(in crate::scheduler) struct EndedHolds {
    pub(in crate::scheduler) holds: Vec<(HostName, HoldOwner)>,
    /// Who ends them by force.
    pub(in crate::scheduler) by: Option<HoldOwner>,
    pub(in crate::scheduler) reason: String,
}
