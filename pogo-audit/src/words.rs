//! The words of findings for states.

use pogo_core::scheduler::{JobStatus, Tally, TaskState};

pub(super) fn of_task(state: TaskState) -> &'static str {
    match state {
        TaskState::Waiting => "waiting",
        TaskState::Running => "running",
        TaskState::Succeeded => "done",
        TaskState::Failed => "failed",
        TaskState::InDoubt => "in doubt",
        TaskState::Skipped => "skipped",
        TaskState::Cancelled => "cancelled",
    }
}

pub(super) fn of_job(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Running => "running",
        JobStatus::Waiting => "waiting",
        JobStatus::Paused => "paused",
        JobStatus::Blocked => "blocked",
        JobStatus::Halting => "halting",
        JobStatus::Halted => "halted",
        JobStatus::Finished => "finished",
    }
}

/// How many hosts are in which state: `2 waiting, 1 running`.
pub(super) fn of_tally(tally: &Tally) -> String {
    let counts = [
        (tally.waiting, "waiting"),
        (tally.running, "running"),
        (tally.succeeded, "done"),
        (tally.failed, "failed"),
        (tally.in_doubt, "in doubt"),
        (tally.skipped, "skipped"),
        (tally.cancelled, "cancelled"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, word)| format!("{count} {word}")).collect();
    counts.join(", ")
}
