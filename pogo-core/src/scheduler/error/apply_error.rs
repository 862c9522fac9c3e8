//! Why an event is not applied.

use crate::Timestamp;
use crate::fleet::{HostName, ResolveError, Selector};
use crate::plan::PlanError;
use crate::scheduler::{AttemptId, ConfigureError, ContentNotLoaded, Incarnation, JobId, JobStatus, TaskState};

/// An event that cannot follow the events before it: the log is damaged, or belongs to another namespace.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// It refers to a job that was never submitted.
    #[error("an event refers to {job}, which was never submitted")]
    UnknownJob {
        /// The job.
        job: JobId,
    },
    /// It refers to a host that the fleet or the job does not have.
    #[error("an event refers to host `{host}`, which is not part of the job or the fleet")]
    UnknownHost {
        /// The host.
        host: HostName,
    },
    /// It refers to an attempt that is not under way there, or begins one that is not the next.
    #[error("an event refers to attempt {attempt}, to which that cannot have happened")]
    UnknownAttempt {
        /// The attempt.
        attempt: AttemptId,
    },
    /// It submits a job under a number that was given before, or may have been.
    #[error("an event submits {job}, whose number was given before")]
    DuplicateJob {
        /// The job.
        job: JobId,
    },
    /// It does something to a task that cannot be done in the task's state.
    #[error("an event refers to host `{host}` of {job}, which was {state} and cannot have become that")]
    WrongTaskState {
        /// The job.
        job: JobId,
        /// The host.
        host: HostName,
        /// The state it was in.
        state: TaskState,
    },
    /// It does something to a job that cannot be done in the job's state.
    #[error("an event refers to {job}, which was {status} and cannot have become that")]
    WrongJobStatus {
        /// The job.
        job: JobId,
        /// The state it was in.
        status: JobStatus,
    },
    /// It freezes hosts that are frozen so, or thaws hosts that are not.
    #[error("an event freezes or thaws `{hosts}`, which was so already")]
    WrongFreeze {
        /// The selector of the freeze.
        hosts: Selector,
    },
    /// It holds a host that cannot be held, or releases one that is not.
    #[error("an event holds or releases `{host}`, which cannot have become that")]
    WrongHold {
        /// The host.
        host: HostName,
    },
    /// It begins an incarnation that is not behind the one before it.
    #[error("an event begins {incarnation}, which does not follow {last}")]
    WrongIncarnation {
        /// The incarnation.
        incarnation: Incarnation,
        /// The one before it.
        last: Incarnation,
    },
    /// It is older than the event before it.
    #[error("an event of time {at} follows one of time {last}")]
    OutOfOrder {
        /// Its time.
        at: Timestamp,
        /// The time of the event before it.
        last: Timestamp,
    },
    /// Its fleet or policy is named by a digest, and was not loaded.
    #[error("an event cannot be applied: {0}")]
    Content(#[from] ContentNotLoaded),
    /// It configures a fleet and a policy that cannot be applied.
    #[error("an event configures what cannot be applied: {0}")]
    Configure(#[from] ConfigureError),
    /// It submits a job that cannot be run under the policy.
    #[error("an event submits a job that cannot be run: {0}")]
    Job(#[from] PlanError),
    /// It submits a job without hosts, or with one of them twice.
    #[error("an event submits a job without hosts, or with one of them twice")]
    JobHosts,
    /// It freezes hosts that the fleet does not have.
    #[error("an event freezes hosts that are not there: {0}")]
    Freeze(#[from] ResolveError),
}
