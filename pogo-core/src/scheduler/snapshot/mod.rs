//! Snapshots: a scheduler's state as plain data that can be stored.

mod capture;
mod error;
mod job;
mod last_attempt;
mod remnant;
mod restore;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use error::RestoreError;
use job::JobData;
use remnant::RemnantData;

use super::state::AnsweredRequest;
use super::{AttemptId, CancelReason, Content, FenceState, Freeze, HoldView, JobId, Permission, Phase, Restoration};
use crate::fleet::{Fleet, HostName};
use crate::plan::JobSpec;
use crate::policy::Policy;
use crate::{Digest, Timestamp};

/// The state of a scheduler at one time, to start from instead of the first record of a journal.
///
/// It contains the state of each task and host, and nothing that follows from it: limits, gates and counts are computed
/// when it is [restored](super::Scheduler::restore). Its size is linear in the hosts and tasks it refers to;
/// equal hosts and tasks share an entry.
///
/// ```
/// use std::sync::Arc;
/// use pogo_core::Timestamp;
/// use pogo_core::fleet::Fleet;
/// use pogo_core::policy::Policy;
/// use pogo_core::scheduler::{Order, Scheduler, Snapshot};
///
/// let mut scheduler = Scheduler::new();
/// let fleet = Arc::new(Fleet::builder().tagged("web", "web[1-3]").build()?);
/// scheduler.handle(Timestamp::EPOCH, Order::Configure { fleet, policy: Arc::new(Policy::default()) })?;
///
/// let stored = serde_json::to_string(&scheduler.snapshot())?;
/// let restored = Scheduler::restore(&serde_json::from_str::<Snapshot>(&stored)?)?;
/// assert_eq!(restored.fleet().len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Snapshot {
    /// Version of the stored form.
    version: u32,
    at: Timestamp,
    #[cfg_attr(feature = "openapi", schema(value_type = Fleet))]
    fleet: Content<Fleet>,
    #[cfg_attr(feature = "openapi", schema(value_type = Policy))]
    policy: Content<Policy>,
    /// The fleet as it was configured last, where it is not `fleet`. Snapshots from before this was kept do not have
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Fleet>))]
    configured: Option<Content<Fleet>>,
    /// Hosts that left the fleet while a job knew them, as ranges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    removed: Vec<String>,
    /// When they left, those of one moment in one entry. Snapshots from before hosts were waited for do not have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    left: Vec<LeftData>,
    /// Hosts that are unavailable for another reason than running a task.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    stuck: Vec<StuckData>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    freezes: Vec<Freeze>,
    /// The highest number of a job that has retired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retired: Option<JobId>,
    /// Jobs that have retired, and left hosts failed or in doubt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    remnants: Vec<RemnantData>,
    /// Of each host the hold in force first, then those that wait in the order in which they were ordered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    holds: Vec<HoldView>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    jobs: Vec<JobData>,
    /// The highest number of a job so far. Snapshots from before this was kept do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_job: Option<JobId>,
    /// Requests that are answered as before when they come again, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    requests: Vec<AnsweredRequest>,
    /// Every restore of the namespace, the first one first. Snapshots from before there were incarnations do not have
    /// them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    restorations: Vec<Restoration>,
    /// The highest number of an attempt so far.
    attempts: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    running: Vec<RunningData>,
    /// Attempts in doubt that were permitted to begin. Snapshots from before hosts were fenced do not have them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    doubts: Vec<DoubtData>,
}

impl Snapshot {
    /// The version of the stored form that this library writes. It reads this one and those before it.
    pub const VERSION: u32 = error::VERSION;

    /// The time of the last event before it was taken.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The digests by which it names content that is stored beside its journal.
    pub fn digests(&self) -> impl Iterator<Item = Digest> {
        let configured = self.configured.as_ref().and_then(Content::digest);
        [self.fleet.digest(), configured, self.policy.digest()]
            .into_iter()
            .flatten()
    }

    /// What its jobs were submitted with, those that have retired included.
    pub(crate) fn specs_mut(&mut self) -> impl Iterator<Item = &mut Arc<JobSpec>> {
        let retired = self.remnants.iter_mut().map(|remnant| &mut remnant.spec);
        self.jobs.iter_mut().map(|job| &mut job.spec).chain(retired)
    }

    /// Its fleets and its policy.
    #[cfg(feature = "async")]
    pub(crate) fn content_mut(&mut self) -> (impl Iterator<Item = &mut Content<Fleet>>, &mut Content<Policy>) {
        let fleets = std::iter::once(&mut self.fleet).chain(&mut self.configured);
        (fleets, &mut self.policy)
    }
}

/// Hosts that left the fleet at one moment, as ranges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct LeftData {
    at: Timestamp,
    hosts: Vec<String>,
}

/// A host that failed, is in doubt, or was marked down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct StuckData {
    host: HostName,
    /// Since when it is unavailable.
    since: Timestamp,
    /// The job whose attempt did not end well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    job: Option<JobId>,
    /// That attempt ended unknown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    in_doubt: bool,
    /// When that attempt ended. Snapshots from before this was kept do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<Timestamp>,
    /// It was marked down from outside.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    down: bool,
    /// When it was marked down. Snapshots from before this was kept do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    marked: Option<Timestamp>,
    /// Jobs before that one whose attempts did not end well either, whether they ended unknown, and when they ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<(JobId, bool, Timestamp)>,
}

/// An attempt that has not ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct RunningData {
    attempt: AttemptId,
    job: JobId,
    host: HostName,
    phase: Phase,
    started: Timestamp,
    /// Since when the host is unavailable, if that is not because of this attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unavailable: Option<Timestamp>,
    /// When it entered its settle phase, or was asked to end.
    since: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cancelling: Option<CancelReason>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    slow: bool,
    /// Whether it may begin. Snapshots from before attempts asked do not have it.
    #[serde(default, skip_serializing_if = "is_not_asked")]
    permission: Permission,
    #[serde(default, skip_serializing_if = "FenceState::is_not_asked")]
    fence: FenceState,
}

/// An attempt in doubt that was permitted to begin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct DoubtData {
    attempt: AttemptId,
    job: JobId,
    host: HostName,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    host_lock: bool,
    #[serde(default, skip_serializing_if = "FenceState::is_not_asked")]
    fence: FenceState,
    /// Whether an earlier attempt of the task had left its host in doubt rather than failed, and when it had ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<(bool, Timestamp)>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_not_asked(permission: &Permission) -> bool {
    *permission == Permission::NotAsked
}
