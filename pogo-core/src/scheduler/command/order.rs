//! Orders as plain data.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::OrderKind;
use crate::fleet::{Fleet, HostName, Selector};
use crate::plan::{HoldOwner, JobSpec};
use crate::policy::Policy;
use crate::scheduler::{HoldMode, JobId, JobUpdate};

/// Everything that can be ordered. Who orders it and why is part of a [`Command`](super::Command).
#[allow(
    clippy::large_enum_variant,
    reason = "orders are few, and boxed in inputs and messages"
)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Order {
    /// Take this fleet and policy, at the start or in place of those before.
    Configure {
        /// All hosts and tags.
        fleet: Arc<Fleet>,
        /// All sequences and constraints.
        policy: Arc<Policy>,
    },
    /// Take on a job.
    Submit {
        /// Its number, which is higher than that of every job before; by default the next. For logs that are played
        /// once more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        job: Option<JobId>,
        /// What to do.
        spec: Arc<JobSpec>,
    },
    /// Start no more of this job until it is resumed.
    Pause {
        /// The job.
        job: JobId,
    },
    /// Go on with a paused, halted or blocked job.
    Resume {
        /// The job.
        job: JobId,
    },
    /// Start no more of this job and let the running end.
    Halt {
        /// The job.
        job: JobId,
    },
    /// End the job now: cancel what waits and what runs.
    Abort {
        /// The job.
        job: JobId,
    },
    /// Let the next wave of a job begin, whose predecessor is complete, whether or not its bake time has passed.
    Promote {
        /// The job.
        job: JobId,
    },
    /// Say something of a job for whoever looks at it next. The text is the [reason](super::Command::reason) of the
    /// command, which must have one. It changes nothing, so a job in any state takes it, also one that has retired.
    Note {
        /// The job.
        job: JobId,
    },
    /// Start nothing more on these hosts, in any job, until they are thawed. What runs goes on. Hosts that the
    /// selector comes to name later are frozen too.
    Freeze {
        /// The hosts; `*` for the whole namespace.
        hosts: Selector,
    },
    /// End the freeze that was ordered with this selector.
    Thaw {
        /// The selector of the freeze.
        hosts: Selector,
    },
    /// Try these failed, in-doubt, skipped or cancelled hosts again.
    Retry {
        /// The job.
        job: JobId,
        /// The hosts.
        hosts: Vec<HostName>,
        /// Whether to do so for hosts in doubt too whose attempt [may still run](super::super::DoubtView), and which
        /// could not be asked. Whoever orders it answers for that, with a [reason](super::Command::reason).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        force: bool,
    },
    /// Count these hosts as done without running them, and free the slots that they held for this job.
    Skip {
        /// The job.
        job: JobId,
        /// The hosts; none of them may be running.
        hosts: Vec<HostName>,
        /// Whether to do so for hosts in doubt too, as for a [retry](Self::Retry).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        force: bool,
    },
    /// Change settings of a job.
    Alter {
        /// The job.
        job: JobId,
        /// What changes.
        change: JobUpdate,
    },
    /// Take these hosts out of service for somebody outside of any job, each under the same limits as the start of an
    /// attempt: it needs a slot of every group that bounds the unavailable, unless it is unavailable already. Until it
    /// is [released](Self::Release) it counts as unavailable, and starts nothing but jobs [under this
    /// hold](JobSpec::under_hold).
    ///
    /// A host that runs is held when its attempt has ended, one that is frozen when it is thawed, and one that another
    /// holds when that is released. What this owner holds, or waits for, already is passed over. The hold belongs to
    /// the [actor](super::Command::actor) who orders it, where that is said: under the same name nobody else holds the
    /// host or releases it.
    Hold {
        /// The hosts. Each that waits is taken for itself, as soon as there is a slot for it.
        hosts: Vec<HostName>,
        /// Who holds them.
        owner: HoldOwner,
        /// Where the holds stand in line: as a job of this priority that was submitted now.
        #[serde(default)]
        priority: i32,
        /// What happens where a host cannot be held at once.
        #[serde(default)]
        mode: HoldMode,
    },
    /// Give back these hosts, and wait no longer for them. Hosts of which nobody holds or wants anything are passed
    /// over. By force, it needs a [reason](super::Command::reason).
    Release {
        /// The hosts.
        hosts: Vec<HostName>,
        /// Who orders it: the owner of the holds, unless it is by force. Whoever ordered a hold as an actor releases it
        /// as that actor.
        by: HoldOwner,
        /// Whether the holds of all others end too, and their waits in line.
        #[serde(default)]
        force: bool,
    },
    /// Count this host as unavailable, whatever the jobs say.
    MarkDown {
        /// The host.
        host: HostName,
    },
    /// Count this host as available, whatever the jobs say.
    MarkUp {
        /// The host.
        host: HostName,
        /// Whether to do so when it is in doubt too, as for a [retry](Self::Retry).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        force: bool,
    },
}

impl Order {
    /// Takes on a job, under the next number.
    pub fn submit(spec: impl Into<Arc<JobSpec>>) -> Self {
        Self::Submit {
            job: None,
            spec: spec.into(),
        }
    }

    /// Which order it is.
    pub const fn kind(&self) -> OrderKind {
        match self {
            Self::Configure { .. } => OrderKind::Configure,
            Self::Submit { .. } => OrderKind::Submit,
            Self::Pause { .. } => OrderKind::Pause,
            Self::Resume { .. } => OrderKind::Resume,
            Self::Halt { .. } => OrderKind::Halt,
            Self::Abort { .. } => OrderKind::Abort,
            Self::Promote { .. } => OrderKind::Promote,
            Self::Note { .. } => OrderKind::Note,
            Self::Freeze { .. } => OrderKind::Freeze,
            Self::Thaw { .. } => OrderKind::Thaw,
            Self::Retry { .. } => OrderKind::Retry,
            Self::Skip { .. } => OrderKind::Skip,
            Self::Alter { .. } => OrderKind::Alter,
            Self::Hold { .. } => OrderKind::Hold,
            Self::Release { .. } => OrderKind::Release,
            Self::MarkDown { .. } => OrderKind::MarkDown,
            Self::MarkUp { .. } => OrderKind::MarkUp,
        }
    }

    /// Whether it is given by force, which needs a [reason](super::Command::reason).
    pub const fn is_forced(&self) -> bool {
        match self {
            Self::Retry { force, .. }
            | Self::Skip { force, .. }
            | Self::MarkUp { force, .. }
            | Self::Release { force, .. } => *force,
            Self::Configure { .. }
            | Self::Submit { .. }
            | Self::Pause { .. }
            | Self::Resume { .. }
            | Self::Halt { .. }
            | Self::Abort { .. }
            | Self::Promote { .. }
            | Self::Note { .. }
            | Self::Freeze { .. }
            | Self::Thaw { .. }
            | Self::Alter { .. }
            | Self::Hold { .. }
            | Self::MarkDown { .. } => false,
        }
    }

    /// Whether it leads to starts by itself, so that a scheduler that drains refuses it.
    pub(in crate::scheduler) const fn starts(&self) -> bool {
        match self {
            Self::Submit { .. }
            | Self::Resume { .. }
            | Self::Retry { .. }
            | Self::Promote { .. }
            | Self::Hold { .. } => true,
            Self::Configure { .. }
            | Self::Pause { .. }
            | Self::Halt { .. }
            | Self::Abort { .. }
            | Self::Note { .. }
            | Self::Freeze { .. }
            | Self::Thaw { .. }
            | Self::Skip { .. }
            | Self::Alter { .. }
            | Self::Release { .. }
            | Self::MarkDown { .. }
            | Self::MarkUp { .. } => false,
        }
    }
}
