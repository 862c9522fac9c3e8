//! Changes of a task's state, and their consequences within its job.

use std::collections::BTreeSet;

use super::gates::GateChange;
use super::{Effect, Effects, Job, State, Target, Task, TaskAt, TaskRecord};
use crate::Timestamp;
use crate::scheduler::{JobId, TaskState};

/// A task that is moved from one state to another, as far as is known of it without looking.
pub(super) struct TaskMove {
    pub(super) profile: u32,
    pub(super) track: u32,
    pub(super) from: TaskState,
    /// It was never tried.
    pub(super) fresh: bool,
}

impl State {
    /// Puts a task of a job that is being put together where it already is.
    pub(in crate::scheduler) fn restore_task(&self, job: &mut Job, task: u32, record: TaskRecord) {
        let to = record.state;
        *job.task_mut(task) = record;
        *job.tally.count_mut(TaskState::Waiting) -= 1;
        *job.tally.count_mut(to) += 1;
        let Target { profile, track, .. } = *job.target(task);
        let Job { gates, stages, .. } = job;
        // The queues are built once the whole state is there, so what follows for them does not matter here.
        let _ = gates.task_changed(stages, track, (TaskState::Waiting, to), self.at);
        if to.counts_as_failed() {
            each_budget(job, self.rules.profile(profile).budgets, |budget| budget.fail());
        }
    }

    /// The tasks of a job that wait on hosts which have left the fleet, by when they left.
    pub(in crate::scheduler) fn waiting_on_left(&self, job: &Job) -> BTreeSet<(Timestamp, u32)> {
        if !self.hosts.any_removed() {
            return BTreeSet::new();
        }
        let waiting = job
            .positions()
            .filter(|&task| job.task(task).state == TaskState::Waiting);
        let left = waiting.filter_map(|task| Some((self.hosts.left(job.host(task))?, task)));
        left.collect()
    }

    /// Moves one task to another state.
    pub(super) fn move_task(&mut self, (id, task): TaskAt, to: TaskState, effects: &mut Effects) {
        let Some(job) = self.jobs.get(&id) else { return };
        let Task { target, record, .. } = &job.tasks[task as usize];
        let moving = TaskMove {
            profile: target.profile,
            track: target.track,
            from: record.state,
            fresh: record.tries == 0,
        };
        self.step((id, task), moving, to, effects);
    }

    /// Moves one task to another state. All changes of a task's state go through here.
    pub(super) fn step(&mut self, (id, task): TaskAt, moving: TaskMove, to: TaskState, effects: &mut Effects) {
        let TaskMove {
            profile,
            track,
            from,
            fresh,
        } = moving;
        if from == to {
            return;
        }
        // Before the state changes: which entry it removes depends on the state that the task
        // leaves.
        self.note_left((id, task), from, to, effects);
        let Some(job) = self.jobs.get_mut(&id) else { return };
        job.task_mut(task).state = to;
        *job.tally.count_mut(from) -= 1;
        *job.tally.count_mut(to) += 1;
        if from == TaskState::InDoubt {
            let host = job.name(task).clone();
            self.doubts.forget(&(host, id));
        }
        if from == TaskState::Waiting {
            job.backoffs.remove(&task);
            effects.push(Effect::Dequeued {
                task: (id, task),
                fresh,
            });
        }
        if !matches!(to, TaskState::Running | TaskState::Succeeded) {
            effects.push(Effect::TaskTurned((id, task)));
        }
        for change in job.gates.task_changed(&job.stages, track, (from, to), self.at) {
            effects.push(effect(id, change));
        }
        if from.counts_as_failed() == to.counts_as_failed() {
            return;
        }
        let budgets = self.rules.profile(profile).budgets;
        if to.counts_as_failed() {
            each_budget(job, budgets, |budget| budget.fail());
        } else {
            job.failures.remove(&task);
            each_budget(job, budgets, |budget| budget.mend());
            effects.push(Effect::JobChanged(id));
        }
    }

    /// Keeps which tasks wait on hosts that have left the fleet.
    fn note_left(&mut self, (id, task): TaskAt, from: TaskState, to: TaskState, effects: &mut Effects) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let waits = to == TaskState::Waiting;
        if !waits && from != TaskState::Waiting {
            return;
        }
        let Some(left) = self.hosts.left(job.host(task)).map(|left| (left, task)) else {
            return;
        };
        let changed = if waits {
            job.left.insert(left)
        } else {
            job.left.remove(&left)
        };
        if changed {
            effects.push(Effect::JobChanged(id));
        }
    }
}

pub(super) fn effect(id: JobId, change: GateChange) -> Effect {
    match change {
        GateChange::Opened(stage) => Effect::StageOpened(id, stage),
        GateChange::Baking(stage) => Effect::StageBaking(id, stage),
        GateChange::Closed => Effect::JobChanged(id),
    }
}

fn each_budget(job: &mut Job, budgets: &[u32], change: impl Fn(&mut super::Budget)) {
    change(&mut job.budget);
    for budget in budgets {
        if let Some(budget) = job.budgets.get_mut(budget) {
            change(budget);
        }
    }
}
