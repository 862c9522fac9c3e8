//! A job as a row of a list.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::host_set::has_host;
use crate::Timestamp;
use crate::fleet::{HostName, Selector, fold};
use crate::plan::JobSpec;
use crate::scheduler::{Actor, JobEnd, JobEventKind, JobId, JobStatus, Tally, TaskEventKind, TaskState};

/// A job, alive or long gone, as a row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct JobEntry {
    /// Its number.
    pub job: JobId,
    /// What was submitted.
    #[serde(flatten)]
    pub submitted: Submission,
    /// How it is doing, or did.
    #[serde(flatten)]
    pub progress: JobProgress,
}

/// What does not change of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Submission {
    /// When it was submitted.
    pub at: Timestamp,
    /// Who asked for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Who submitted it, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Arc<Actor>>,
    /// What it runs on each host, for people: the first kilobyte.
    pub command: String,
    /// Its hosts as they were named.
    pub targets: Selector,
    /// Its hosts as ranges, such as `db1,web[1-200]`.
    pub hosts: String,
    /// How many hosts that are.
    pub count: u32,
    /// The job that has retired whose hosts it tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<JobId>,
}

/// What changes of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct JobProgress {
    /// Its status.
    pub status: JobStatus,
    /// How many of its tasks are in which state.
    pub tally: Tally,
    /// When it was finished, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
    /// When something happened to it last.
    pub changed: Timestamp,
    /// Whether it has left the scheduler.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

impl Submission {
    /// The most bytes that are kept of a command.
    const COMMAND: usize = 1_024;

    /// What was submitted at this moment, by this actor where that was said.
    pub fn new(at: Timestamp, by: Option<&Arc<Actor>>, spec: &JobSpec, hosts: &[HostName]) -> Self {
        let mut command = spec.command.to_string();
        // Of a shorter text this is its end, since nothing behind it is a boundary.
        let end = (0..=Self::COMMAND).rev().find(|end| command.is_char_boundary(*end));
        command.truncate(end.unwrap_or_default());
        Self {
            at,
            user: spec.user.clone(),
            by: by.cloned(),
            command,
            targets: spec.targets.clone(),
            hosts: fold(hosts.iter().map(HostName::as_str)).to_string(),
            count: u32::try_from(hosts.len()).unwrap_or(u32::MAX),
            retry_of: None,
        }
    }

    /// Whether the job has a host of this name.
    pub fn has_host(&self, host: &str) -> bool {
        has_host(&self.hosts, host)
    }
}

impl JobEntry {
    /// The row of a job of which nothing else has happened yet.
    pub fn new(job: JobId, submitted: Submission) -> Self {
        let progress = JobProgress {
            status: JobStatus::Running,
            tally: Tally {
                waiting: submitted.count,
                ..Tally::default()
            },
            finished: None,
            changed: submitted.at,
            retired: false,
        };
        Self {
            job,
            submitted,
            progress,
        }
    }

    /// How it ended, or stands.
    pub fn end(&self) -> JobEnd {
        let JobProgress { status, tally, .. } = self.progress;
        let job = self.job;
        JobEnd { job, status, tally }
    }
}

impl JobProgress {
    /// Goes on with what happened to the job as a whole.
    pub fn apply_job_event(&mut self, at: Timestamp, kind: &JobEventKind) {
        match kind {
            JobEventKind::Blocked { .. } => self.status = JobStatus::Blocked,
            JobEventKind::Waiting => self.status = JobStatus::Waiting,
            JobEventKind::Paused => self.status = JobStatus::Paused,
            JobEventKind::Halting { .. } => self.status = JobStatus::Halting,
            JobEventKind::Halted => self.status = JobStatus::Halted,
            JobEventKind::Unblocked | JobEventKind::Resumed => self.reopen(),
            JobEventKind::Finished { tally } => {
                (self.status, self.tally, self.finished) = (JobStatus::Finished, *tally, Some(at));
            }
            JobEventKind::Retired => self.retired = true,
            JobEventKind::Submitted { .. }
            | JobEventKind::WaveOpened { .. }
            | JobEventKind::FailureBudgetExceeded { .. }
            | JobEventKind::Altered { .. } => {}
        }
        self.changed = at;
    }

    /// Goes on with what happened to one of its hosts, which was in this state. Of a job that has retired nothing
    /// changes: what is said of its hosts then is about their slots.
    pub fn apply_task_event(&mut self, at: Timestamp, from: TaskState, kind: &TaskEventKind) {
        let Some(to) = kind.state_after().filter(|_| !self.retired) else {
            return;
        };
        let before = self.tally.count_mut(from);
        *before = before.saturating_sub(1);
        *self.tally.count_mut(to) += 1;
        match kind {
            // What is tried again, or still runs, is of a job that goes on.
            TaskEventKind::Retried { .. } | TaskEventKind::Fenced { .. } if self.status == JobStatus::Finished => {
                self.reopen();
            }
            TaskEventKind::Fenced { .. } if self.status == JobStatus::Halted => self.status = JobStatus::Halting,
            TaskEventKind::Started { .. }
            | TaskEventKind::Permitted { .. }
            | TaskEventKind::Fenced { .. }
            | TaskEventKind::NeverBegan { .. }
            | TaskEventKind::PhaseEntered { .. }
            | TaskEventKind::HostKeyRecorded { .. }
            | TaskEventKind::Slow { .. }
            | TaskEventKind::CancelRequested { .. }
            | TaskEventKind::Succeeded { .. }
            | TaskEventKind::Failed { .. }
            | TaskEventKind::InDoubt { .. }
            | TaskEventKind::Retried { .. }
            | TaskEventKind::Skipped
            | TaskEventKind::Cancelled => {}
        }
        self.changed = at;
    }

    fn reopen(&mut self) {
        (self.status, self.finished) = (JobStatus::Running, None);
    }
}
