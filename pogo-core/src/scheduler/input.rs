//! Inputs: facts and orders, as plain data.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{AttemptId, Epoch, HoldMode, JobId, JobUpdate, Outcome, OutputSummary, OwnerId, Phase};
use crate::fleet::{Fleet, HostName, Selector};
use crate::plan::{HoldOwner, JobSpec};
use crate::policy::Policy;

/// An input of the scheduler: a fact, or an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "input", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Input {
    /// Order: take this fleet and policy, at the start or in place of those before.
    Configure {
        /// All hosts and tags.
        fleet: Arc<Fleet>,
        /// All sequences and constraints.
        policy: Arc<Policy>,
    },
    /// Order: take on a job.
    Submit {
        /// A number no job of the namespace had before.
        job: JobId,
        /// What to do.
        spec: Arc<JobSpec>,
    },
    /// Fact: whether attempts that start from now on [ask](Input::Begin) before they begin. The first input after a start
    /// or a replay; without it they do not. Nothing is recorded of it but what each attempt then does.
    Transport {
        /// They do.
        asks_permission: bool,
    },
    /// Fact and question: an attempt has reached its host and is ready, and asks whether it may begin.
    ///
    /// It may once [`Permitted`](super::TaskEventKind::Permitted) is durable. It is refused when the attempt was cancelled or
    /// is over; when its job is paused, halted, aborted or has too many failed hosts; when its host is frozen or has left the
    /// fleet; and when the dispatcher drains. Each launch after a broken link asks anew.
    Begin {
        /// The attempt.
        attempt: AttemptId,
        /// Whether the transport holds a lock on the host, which excludes every other attempt there until this one has ended.
        host_lock: bool,
    },
    /// Fact: an attempt entered a phase.
    PhaseEntered {
        /// The attempt.
        attempt: AttemptId,
        /// The phase that begins.
        phase: Phase,
    },
    /// Fact: an attempt ended.
    Reported {
        /// The attempt.
        attempt: AttemptId,
        /// How.
        outcome: Outcome,
        /// What was kept of its output, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<OutputSummary>,
    },
    /// Fact: time has passed. Sent when [`next_timeout`](super::Scheduler::next_timeout) says so; harmless at other times.
    Tick,
    /// Fact: another dispatcher owns the namespace from now on. Comes before [`Recover`](Self::Recover).
    OwnerChanged {
        /// Who owns it.
        owner: OwnerId,
        /// The epoch that begins.
        epoch: Epoch,
        /// Who owned it before, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<OwnerId>,
    },
    /// Fact: whoever ran the attempts is gone; how they ended is unknown. The first input after a restart.
    Recover {
        /// Attempts that are resumed: somebody goes on with them, and will report on them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        resumed: Vec<AttemptId>,
    },
    /// Order: start nothing more from now on, in any job, and cancel these attempts: whoever runs them ends, and leaves the
    /// rest to a scheduler that is restored from the same log. Nothing is recorded of it but the cancelling.
    Drain {
        /// Attempts to cancel; those that have ended, settle or are cancelled already are passed over.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cancel: Vec<AttemptId>,
    },
    /// Order: start no more of this job until it is resumed.
    Pause {
        /// The job.
        job: JobId,
    },
    /// Order: go on with a paused, halted or blocked job.
    Resume {
        /// The job.
        job: JobId,
    },
    /// Order: start no more of this job and let the running end.
    Halt {
        /// The job.
        job: JobId,
        /// Why, for the record.
        reason: String,
    },
    /// Order: end the job now: cancel what waits and what runs.
    Abort {
        /// The job.
        job: JobId,
        /// Why, for the record.
        reason: String,
    },
    /// Order: let the next wave of a job begin, whose predecessor is complete, whether or not its bake time has passed.
    Promote {
        /// The job.
        job: JobId,
    },
    /// Order: start nothing more on these hosts, in any job, until they are thawed. What runs goes on. Hosts that the
    /// selector comes to name later are frozen too.
    Freeze {
        /// The hosts; `*` for the whole namespace.
        hosts: Selector,
        /// Who orders it, for the record.
        by: String,
        /// Why, for the record.
        reason: String,
    },
    /// Order: end the freeze that was ordered with this selector.
    Thaw {
        /// The selector of the freeze.
        hosts: Selector,
        /// Who orders it, for the record.
        by: String,
        /// Why, for the record.
        reason: String,
    },
    /// Order: try these failed, in-doubt, skipped or cancelled hosts again.
    Retry {
        /// The job.
        job: JobId,
        /// The hosts.
        hosts: Vec<HostName>,
    },
    /// Order: count these hosts as done without running them, and free the slots that they held for this job.
    Skip {
        /// The job.
        job: JobId,
        /// The hosts; none of them may be running.
        hosts: Vec<HostName>,
    },
    /// Order: change settings of a job.
    Alter {
        /// The job.
        job: JobId,
        /// What changes.
        change: JobUpdate,
    },
    /// Order: take these hosts out of service for somebody outside of any job, each under the same limits as the start of an
    /// attempt: it needs a slot of every group that bounds the unavailable, unless it is unavailable already. Until it is
    /// [released](Self::Release) it counts as unavailable, and starts nothing but jobs [under this hold](JobSpec::under_hold).
    ///
    /// A host that runs is held when its attempt has ended, one that is frozen when it is thawed, and one that another
    /// holds when that is released. What this owner holds, or waits for, already is passed over.
    Hold {
        /// The hosts. Each that waits is taken for itself, as soon as there is a slot for it.
        hosts: Vec<HostName>,
        /// Who holds them.
        owner: HoldOwner,
        /// Why, for the record.
        reason: String,
        /// Where the holds stand in line: as a job of this priority that was submitted now.
        #[serde(default)]
        priority: i32,
        /// What happens where a host cannot be held at once.
        #[serde(default)]
        mode: HoldMode,
    },
    /// Order: give back these hosts, and wait no longer for them. Hosts of which nobody holds or wants anything are passed over.
    Release {
        /// The hosts.
        hosts: Vec<HostName>,
        /// Who orders it: the owner of the holds, unless it is by force.
        by: HoldOwner,
        /// Why, for the record; not empty if it is by force.
        reason: String,
        /// Whether the holds of all others end too, and their waits in line.
        #[serde(default)]
        force: bool,
    },
    /// Fact: this host is unavailable, whatever the jobs say.
    MarkDown {
        /// The host.
        host: HostName,
        /// Why, for the record.
        reason: String,
    },
    /// Fact: this host is available, whatever the jobs say.
    MarkUp {
        /// The host.
        host: HostName,
        /// Why, for the record.
        reason: String,
    },
}

impl Input {
    /// Whether it takes slots by itself, so that a scheduler that drains refuses it.
    pub(super) fn starts(&self) -> bool {
        matches!(
            self,
            Self::Submit { .. } | Self::Resume { .. } | Self::Retry { .. } | Self::Promote { .. } | Self::Hold { .. }
        )
    }
}
