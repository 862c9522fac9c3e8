//! Task counts of a job by state.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::scheduler::TaskState;

/// The number of tasks of a job in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Tally {
    /// Not started, or waiting to be retried.
    pub waiting: u32,
    /// Running.
    pub running: u32,
    /// Done.
    pub succeeded: u32,
    /// Failed.
    pub failed: u32,
    /// In doubt.
    pub in_doubt: u32,
    /// Skipped by an operator.
    pub skipped: u32,
    /// Will not be run.
    pub cancelled: u32,
}

impl Tally {
    /// Mutable access to the count of this state.
    pub fn count_mut(&mut self, state: TaskState) -> &mut u32 {
        match state {
            TaskState::Waiting => &mut self.waiting,
            TaskState::Running => &mut self.running,
            TaskState::Succeeded => &mut self.succeeded,
            TaskState::Failed => &mut self.failed,
            TaskState::InDoubt => &mut self.in_doubt,
            TaskState::Skipped => &mut self.skipped,
            TaskState::Cancelled => &mut self.cancelled,
        }
    }
}

impl fmt::Display for Tally {
    /// States without a task are left out: `2 waiting, 1 running`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.waiting, TaskState::Waiting),
            (self.running, TaskState::Running),
            (self.succeeded, TaskState::Succeeded),
            (self.failed, TaskState::Failed),
            (self.in_doubt, TaskState::InDoubt),
            (self.skipped, TaskState::Skipped),
            (self.cancelled, TaskState::Cancelled),
        ];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> = counts.map(|(count, state)| format!("{count} {state}")).collect();
        f.write_str(&counts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_prints_the_states_that_tasks_are_in() {
        let tally = Tally {
            waiting: 2,
            in_doubt: 1,
            ..Tally::default()
        };
        assert_eq!(tally.to_string(), "2 waiting, 1 in doubt");
        assert_eq!(Tally::default().to_string(), "");
    }
}
