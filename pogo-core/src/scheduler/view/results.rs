//! Results of a job, per host.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::fleet::HostName;
use crate::scheduler::state::{Job, State, Task};
use crate::scheduler::{AttemptId, Failure, Phase, TaskState};

/// The result of one host of a job: a row of a deploy tool's table. Displays as one, without the host:
/// `failed: command exited with 3`, `running: command`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct HostResult {
    /// The host.
    pub host: HostName,
    /// Its state.
    pub state: TaskState,
    /// The number of attempts so far.
    pub attempts: u32,
    /// The running or last attempt; `None` before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_attempt: Option<AttemptResult>,
}

/// What the scheduler still knows of an attempt; the log has the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct AttemptResult {
    /// Its number. Unknown if it ended before a snapshot of an older version was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<AttemptId>,
    /// How far it is, while it is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// How it failed, until its host is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// When it began. Unknown as its number, and once it has ended if it lasted for more than three days, or began more
    /// than two years after the job was submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// When it ended. Unknown as [`started`](Self::started), unless it left its host failed or in doubt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
}

impl fmt::Display for HostResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.state)?;
        let attempt = self.last_attempt.as_ref();
        if let Some(phase) = attempt.and_then(|attempt| attempt.phase) {
            write!(f, ": {phase}")?;
        }
        if let Some(failure) = attempt.and_then(|attempt| attempt.failure.as_ref()) {
            write!(f, ": {failure}")?;
        }
        Ok(())
    }
}

impl State {
    pub(in crate::scheduler) fn result(&self, job: &Job, task: u32) -> HostResult {
        let record = job.task(task);
        HostResult {
            host: job.name(task).clone(),
            state: record.state,
            attempts: u32::from(record.tries),
            last_attempt: (record.tries > 0).then(|| self.last_attempt(job, task)),
        }
    }

    fn last_attempt(&self, job: &Job, task: u32) -> AttemptResult {
        let Task { attempt, times, .. } = job.tasks[task as usize];
        let running = self.attempts.get(attempt);
        let (began, ended) = times.since(job.submitted).unzip();
        AttemptResult {
            id: Some(attempt).filter(|&attempt| attempt != AttemptId::NONE),
            phase: running.map(|running| running.phase),
            failure: job.failures.get(&task).cloned(),
            started: running.map(|running| running.started).or(began),
            ended: ended.or_else(|| self.ended_badly(job, task)),
        }
    }

    fn ended_badly(&self, job: &Job, task: u32) -> Option<Timestamp> {
        if !job.task(task).state.counts_as_failed() {
            return None;
        }
        let host = job.host(task);
        let latest = self.host(host).failed_attempt;
        let mut attempts = latest.iter().chain(self.hosts.earlier(host));
        Some(attempts.find(|attempt| attempt.job == job.id)?.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::FailureKind;

    #[test]
    fn a_row_says_how_far_a_host_is_and_what_went_wrong() {
        let row = |state, last_attempt| HostResult {
            host: "web1".parse().unwrap(),
            state,
            attempts: 1,
            last_attempt,
        };
        assert_eq!(row(TaskState::Waiting, None).to_string(), "waiting");
        let phase = Some(Phase::PreHook);
        let running = AttemptResult {
            phase,
            ..AttemptResult::default()
        };
        assert_eq!(row(TaskState::Running, Some(running)).to_string(), "running: pre-hook");
        let failure = Some(Failure::new(FailureKind::Command { status: 3 }, "no space"));
        let failed = AttemptResult {
            failure,
            ..AttemptResult::default()
        };
        assert_eq!(
            row(TaskState::Failed, Some(failed)).to_string(),
            "failed: command exited with 3: no space"
        );
    }
}
