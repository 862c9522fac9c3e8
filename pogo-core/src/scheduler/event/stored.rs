//! The stored form of events: flat, one name for both levels, as in every log so far.

use std::ops::Not;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    CancelReason, DoubtCause, Event, HaltCause, HostEvent, HostEventKind, JobEvent, JobEventKind, NamespaceEvent,
    NamespaceEventKind, TaskEvent, TaskEventKind,
};
use crate::Timestamp;
use crate::fleet::{Fleet, HostName, Selector};
use crate::plan::{HoldOwner, JobSpec};
use crate::policy::Policy;
use crate::scheduler::{
    Actor, Answer, AttemptId, Content, Epoch, Failure, FenceAnswer, Incarnation, JobId, JobUpdate, LockHolder,
    NeverBegan, Obstacle, OrderKind, Outcome, OutputSummary, OwnerId, Phase, RequestId, RestoreCause, RestoreId, Tally,
};

#[cfg(feature = "openapi")]
crate::openapi::schema_as!(Event as Stored, "Event");

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stored::from(self.clone()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Stored::deserialize(deserializer).map(Self::from)
    }
}

/// From one table, with a row for each event, the enum that serde reads and writes, and the conversions from it and
/// into it.
///
/// Flattening one level into the other would need no table. But serde then copies every field of every record into a
/// buffer once more, which makes reading a journal slower.
macro_rules! stored {
    ($($name:ident = $level:ident($event:ident { $($of:ident: $of_type:ty),* }) $kinds:ident::$kind:ident {
        $($(#[$attribute:meta])* $field:ident: $type:ty),*
    })*) => {
        #[derive(Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(tag = "event", rename_all = "snake_case")]
        enum Stored {
            $($name {
                $($of: $of_type,)*
                $($(#[$attribute])* $field: $type,)*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                actor: Option<Arc<Actor>>,
            },)*
        }

        impl From<Event> for Stored {
            fn from(event: Event) -> Self {
                match event {
                    $(Event::$level($event { $($of,)* kind: $kinds::$kind { $($field),* }, actor }) => {
                        Self::$name { $($of,)* $($field,)* actor }
                    })*
                }
            }
        }

        impl From<Stored> for Event {
            fn from(stored: Stored) -> Self {
                match stored {
                    $(Stored::$name { $($of,)* $($field,)* actor } => {
                        Self::$level($event { $($of,)* kind: $kinds::$kind { $($field),* }, actor })
                    })*
                }
            }
        }
    };
}

stored! {
    NamespaceConfigured = Namespace(NamespaceEvent {}) NamespaceEventKind::Configured {
        #[cfg_attr(feature = "openapi", schema(value_type = Fleet))] fleet: Content<Fleet>,
        #[cfg_attr(feature = "openapi", schema(value_type = Policy))] policy: Content<Policy>
    }
    JobSubmitted = Job(JobEvent { job: JobId }) JobEventKind::Submitted {
        spec: Arc<JobSpec>,
        #[serde(with = "crate::fleet::host_list")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        hosts: Arc<[HostName]>,
        #[serde(default, skip_serializing_if = "Option::is_none")] retry_of: Option<JobId>
    }
    TaskStarted = Task(TaskEvent { job: JobId, host: HostName }) TaskEventKind::Started {
        attempt: AttemptId,
        #[serde(default, skip_serializing_if = "Not::not")] asks_permission: bool
    }
    TaskPermitted = Task(TaskEvent { job: JobId, host: HostName }) TaskEventKind::Permitted {
        attempt: AttemptId,
        #[serde(default, skip_serializing_if = "Not::not")] host_lock: bool,
        #[serde(default, rename = "fence", skip_serializing_if = "Not::not")] fences: bool
    }
    TaskFenced = Task(TaskEvent { job: JobId, host: HostName }) TaskEventKind::Fenced {
        attempt: AttemptId,
        #[serde(flatten)] answer: FenceAnswer,
        #[serde(default, skip_serializing_if = "Not::not")] reopens: bool
    }
    TaskNeverBegan = Task(TaskEvent { job: JobId, host: HostName }) TaskEventKind::NeverBegan {
        attempt: AttemptId,
        reason: NeverBegan,
        #[serde(default, skip_serializing_if = "String::is_empty")] message: String,
        #[serde(default, skip_serializing_if = "Option::is_none")] holder: Option<LockHolder>,
        not_before: Timestamp
    }
    TaskPhaseEntered = Task(TaskEvent { job: JobId, host: HostName }) TaskEventKind::PhaseEntered {
        attempt: AttemptId,
        phase: Phase,
        #[serde(default, skip_serializing_if = "Option::is_none")] output: Option<OutputSummary>
    }
    TaskHostKeyRecorded = Task(TaskEvent { job: JobId, host: HostName }) TaskEventKind::HostKeyRecorded {
        attempt: AttemptId
    }
    TaskSucceeded = Task(TaskEvent { job: JobId, host: HostName }) TaskEventKind::Succeeded {
        attempt: AttemptId,
        #[serde(default, skip_serializing_if = "Option::is_none")] output: Option<OutputSummary>
    }
    TaskFailed = Task(TaskEvent { job: JobId, host: HostName }) TaskEventKind::Failed {
        attempt: AttemptId,
        #[serde(flatten)] failure: Failure,
        #[serde(default, skip_serializing_if = "Option::is_none")] output: Option<OutputSummary>
    }
    TaskInDoubt = Task(TaskEvent { job: JobId, host: HostName }) TaskEventKind::InDoubt {
        attempt: AttemptId,
        message: String,
        #[serde(default, skip_serializing_if = "Option::is_none")] cause: Option<DoubtCause>,
        #[serde(default, skip_serializing_if = "Option::is_none")] output: Option<OutputSummary>
    }
    TaskSlow = Task(TaskEvent { job: JobId, host: HostName }) TaskEventKind::Slow {
        attempt: AttemptId,
        #[serde(with = "crate::time::millis")]
        #[cfg_attr(feature = "openapi", schema(value_type = u64))]
        after: Duration
    }
    TaskRetried = Task(TaskEvent { job: JobId, host: HostName }) TaskEventKind::Retried {
        not_before: Timestamp,
        #[serde(default, skip_serializing_if = "Not::not")] ordered: bool,
        #[serde(default, skip_serializing_if = "Not::not")] after_connect: bool
    }
    TaskSkipped = Task(TaskEvent { job: JobId, host: HostName }) TaskEventKind::Skipped {}
    TaskCancelled = Task(TaskEvent { job: JobId, host: HostName }) TaskEventKind::Cancelled {}
    CancelRequested = Task(TaskEvent { job: JobId, host: HostName }) TaskEventKind::CancelRequested {
        attempt: AttemptId,
        reason: CancelReason
    }
    LateReported = Namespace(NamespaceEvent {}) NamespaceEventKind::LateReported {
        attempt: AttemptId,
        #[serde(flatten)] outcome: Outcome
    }
    WaveOpened = Job(JobEvent { job: JobId }) JobEventKind::WaveOpened {
        wave: u32,
        #[serde(default, skip_serializing_if = "Not::not")] ordered: bool
    }
    FailureBudgetExceeded = Job(JobEvent { job: JobId }) JobEventKind::FailureBudgetExceeded {
        group: String,
        failures: u32,
        allowed: u32
    }
    JobBlocked = Job(JobEvent { job: JobId }) JobEventKind::Blocked { reasons: Vec<Obstacle> }
    JobWaiting = Job(JobEvent { job: JobId }) JobEventKind::Waiting {}
    JobUnblocked = Job(JobEvent { job: JobId }) JobEventKind::Unblocked {}
    JobPaused = Job(JobEvent { job: JobId }) JobEventKind::Paused {}
    JobResumed = Job(JobEvent { job: JobId }) JobEventKind::Resumed {}
    JobHalting = Job(JobEvent { job: JobId }) JobEventKind::Halting {
        reason: String,
        #[serde(default, skip_serializing_if = "Not::not")] abort: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")] cause: Option<HaltCause>
    }
    JobHalted = Job(JobEvent { job: JobId }) JobEventKind::Halted {}
    JobAltered = Job(JobEvent { job: JobId }) JobEventKind::Altered {
        #[serde(flatten)] change: Box<JobUpdate>
    }
    JobFinished = Job(JobEvent { job: JobId }) JobEventKind::Finished {
        #[serde(flatten)] tally: Tally
    }
    JobRetired = Job(JobEvent { job: JobId }) JobEventKind::Retired {}
    HostsFrozen = Namespace(NamespaceEvent {}) NamespaceEventKind::HostsFrozen {
        hosts: Selector,
        by: String,
        reason: String
    }
    HostsThawed = Namespace(NamespaceEvent {}) NamespaceEventKind::HostsThawed {
        hosts: Selector,
        by: String,
        reason: String
    }
    Ordered = Namespace(NamespaceEvent {}) NamespaceEventKind::Ordered {
        order: OrderKind,
        #[serde(default, skip_serializing_if = "Option::is_none")] job: Option<JobId>,
        #[serde(default, skip_serializing_if = "Option::is_none")] request: Option<RequestId>,
        #[serde(default, skip_serializing_if = "Option::is_none")] reason: Option<Arc<str>>,
        answer: Answer
    }
    OwnerChanged = Namespace(NamespaceEvent {}) NamespaceEventKind::OwnerChanged {
        owner: OwnerId,
        epoch: Epoch,
        #[serde(default, skip_serializing_if = "Option::is_none")] from: Option<OwnerId>
    }
    NamespaceRestored = Namespace(NamespaceEvent {}) NamespaceEventKind::Restored {
        incarnation: Incarnation,
        cause: RestoreCause,
        #[serde(default, skip_serializing_if = "String::is_empty")] reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")] id: Option<RestoreId>,
        #[serde(default, skip_serializing_if = "Option::is_none")] request: Option<RequestId>,
        #[serde(default, rename = "fence", skip_serializing_if = "Not::not")] fences: bool
    }
    HostMarkedDown = Host(HostEvent { host: HostName }) HostEventKind::MarkedDown { reason: String }
    HostFenceForced = Host(HostEvent { host: HostName }) HostEventKind::FenceForced { reason: String }
    HostMarkedUp = Host(HostEvent { host: HostName }) HostEventKind::MarkedUp { reason: String }
    HoldWaiting = Host(HostEvent { host: HostName }) HostEventKind::HoldWaiting {
        owner: HoldOwner,
        #[serde(default, skip_serializing_if = "String::is_empty")] reason: String,
        #[serde(default, skip_serializing_if = "is_zero")] priority: i32
    }
    HostHeld = Host(HostEvent { host: HostName }) HostEventKind::Held {
        owner: HoldOwner,
        #[serde(default, skip_serializing_if = "String::is_empty")] reason: String,
        #[serde(default, skip_serializing_if = "Not::not")] waited: bool
    }
    HostReleased = Host(HostEvent { host: HostName }) HostEventKind::Released {
        owner: HoldOwner,
        #[serde(default, skip_serializing_if = "Option::is_none")] by: Option<HoldOwner>,
        #[serde(default, skip_serializing_if = "String::is_empty")] reason: String
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &i32) -> bool {
    *number == 0
}
