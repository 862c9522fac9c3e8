//! The last attempts of a job's tasks.

use serde::{Deserialize, Serialize};

use super::RestoreError;
use crate::scheduler::state::{AttemptTimes, Job, Task};
use crate::scheduler::{AttemptId, TaskState};

/// Its number, or 0 where it is unknown; how many milliseconds after the submission it began, and how many it lasted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct LastAttempt(
    AttemptId,
    #[serde(default, skip_serializing_if = "Option::is_none")] Option<(u64, u64)>,
);

#[cfg(feature = "openapi")]
crate::openapi::tuple_schema!(LastAttempt, "LastAttempt": AttemptId, Option<Vec<u64>>);

impl LastAttempt {
    /// Of each task that was tried and does not run, in listed order; of none where all of them are unknown.
    pub(super) fn of_tasks(job: &Job) -> Vec<Self> {
        let tried = job.tasks.iter().filter(|task| is_over(task));
        let attempts: Vec<Self> = tried.map(|task| Self(task.attempt, task.times.offsets())).collect();
        // A job that was restored from an old snapshot knows none, and would store a list of zeros.
        match attempts.iter().any(|attempt| attempt.0 != AttemptId::NONE) {
            true => attempts,
            false => vec![],
        }
    }

    pub(super) fn restore_all(attempts: &[Self], job: &mut Job) -> Result<(), RestoreError> {
        let tried = job.tasks.iter().filter(|task| is_over(task)).count();
        // They are matched by position alone: one too many would give each host behind it the
        // attempt of another.
        if !attempts.is_empty() && attempts.len() != tried {
            let message = format!("the last attempts of {} do not match its tasks", job.id);
            return Err(RestoreError::damaged(message));
        }
        let tried = job.tasks.iter_mut().filter(|task| is_over(task));
        for (task, Self(number, times)) in tried.zip(attempts) {
            task.attempt = *number;
            task.times = times.map_or(AttemptTimes::UNKNOWN, |(began, lasted)| {
                AttemptTimes::new(began, lasted)
            });
        }
        Ok(())
    }
}

fn is_over(task: &Task) -> bool {
    task.record.tries > 0 && task.record.state != TaskState::Running
}
