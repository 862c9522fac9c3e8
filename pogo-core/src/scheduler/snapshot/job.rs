//! One job of a snapshot.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::last_attempt::LastAttempt;
use crate::Timestamp;
use crate::fleet::HostName;
use crate::plan::JobSpec;
use crate::policy::{JobSettings, Limit, bare_counts};
use crate::scheduler::state::{Backoff, TaskRecord};
use crate::scheduler::{Actor, Failure, JobId, JobNote, JobStatus, NeverBegan, Steered, TaskState};

/// A job with its progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct JobData {
    pub(super) job: JobId,
    pub(super) spec: Arc<JobSpec>,
    /// What the job has, every update included; never open but in snapshots from before `resolve` was left to the
    /// reader.
    #[serde(with = "bare_counts")]
    pub(super) settings: JobSettings,
    pub(super) submitted: Timestamp,
    /// When it was finished. Snapshots from before jobs retired do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) finished: Option<Timestamp>,
    /// The job that has retired whose hosts it tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retry_of: Option<JobId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) submitted_by: Option<Arc<Actor>>,
    /// The last order that was given to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) steered: Option<Box<Steered>>,
    /// What people have said of it last.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<JobNote>))]
    pub(super) notes: VecDeque<JobNote>,
    /// Who halted or aborted it, until it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) stopped_by: Option<Arc<Actor>>,
    pub(super) status: JobStatus,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) aborted: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) limit_spent: bool,
    /// In listed order, as ranges.
    pub(super) hosts: Vec<String>,
    /// In the same order, tasks that are alike in one entry.
    pub(super) tasks: Vec<TaskRun>,
    /// The last attempt of each task that was tried and does not run, in the same order. Old snapshots do not have
    /// them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) attempts: Vec<LastAttempt>,
    /// Waves that are open, besides the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) waves: Vec<u32>,
    /// The wave that only waits for its bake time, and since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) baking: Option<(u32, Timestamp)>,
    pub(super) budget: BudgetData,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) budgets: Vec<GroupBudgetData>,
    /// Hosts that are not to be tried before a moment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) backoffs: Vec<BackoffData>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) failures: Vec<(HostName, Failure)>,
}

/// A host that waits: until when, since when, and why its attempt never began. Old snapshots do not have the last, or
/// the last two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct BackoffData(
    pub(super) HostName,
    pub(super) Timestamp,
    #[serde(default)] pub(super) Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")] pub(super) Option<NeverBegan>,
);

#[cfg(feature = "openapi")]
crate::openapi::tuple_schema!(BackoffData, "BackoffData": HostName, Timestamp, Option<Timestamp>, Option<NeverBegan>);

impl JobData {
    /// The settings, with what snapshots did not have when hooks could not change.
    pub(super) fn given(&self) -> JobSettings {
        let spec = &self.spec.settings;
        let hooks = JobSettings {
            pre_hooks: spec.pre_hooks.clone(),
            post_hooks: spec.post_hooks.clone(),
            ..JobSettings::new()
        };
        self.settings.clone().or(&hooks)
    }
}

impl BackoffData {
    pub(super) fn backoff(&self, settings: &JobSettings) -> Backoff {
        let Self(_, until, since, never_began) = *self;
        let delay = settings.retry_delay.unwrap_or(JobSettings::RETRY_DELAY);
        // Older snapshots do not have the jitter, so it is taken as none.
        // By way of the epoch, since times are only added to: an earlier moment would be before all
        // time, and is the epoch then.
        let before = || Timestamp::EPOCH + (until - (Timestamp::EPOCH + delay));
        Backoff {
            until,
            since: since.unwrap_or_else(before),
            never_began,
        }
    }
}

/// Consecutive tasks that are alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct TaskRun {
    pub(super) hosts: u32,
    pub(super) state: TaskState,
    #[serde(default, skip_serializing_if = "is_zero")]
    tries: u16,
    #[serde(default, skip_serializing_if = "is_zero")]
    retries: u16,
    #[serde(default, skip_serializing_if = "is_zero")]
    connect_retries: u16,
    #[serde(default, skip_serializing_if = "is_zero")]
    never_began: u8,
}

fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}

impl TaskRun {
    pub(super) fn of(task: &TaskRecord) -> Self {
        Self {
            hosts: 1,
            state: task.state,
            tries: task.tries,
            retries: task.retries,
            connect_retries: task.connect_retries,
            never_began: task.never_began,
        }
    }

    pub(super) fn task(&self) -> TaskRecord {
        TaskRecord {
            state: self.state,
            retries: self.retries,
            connect_retries: self.connect_retries,
            tries: self.tries,
            never_began: self.never_began,
        }
    }
}

/// A failure budget. How many have failed follows from the tasks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct BudgetData {
    pub(super) allowed: u32,
    pub(super) forgiven: u32,
    pub(super) tripped: bool,
}

/// The budget of a group of the job's hosts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct GroupBudgetData {
    pub(super) group: String,
    pub(super) limit: Limit,
    #[serde(flatten)]
    pub(super) budget: BudgetData,
}
