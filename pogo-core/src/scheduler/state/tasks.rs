//! How a task changes state, and all that follows from it within its job.

use super::gates::GateChange;
use super::{Effect, Effects, Job, State, TaskAt, TaskRecord, TaskState};
use crate::scheduler::{JobId, Tally};

impl State {
    /// Puts a task of a job that is being put together where it already is.
    pub(in crate::scheduler) fn take_up(&self, job: &mut Job, task: u32, record: TaskRecord) {
        let to = record.state;
        job.tasks[task as usize] = record;
        *slot(&mut job.tally, TaskState::Waiting) -= 1;
        *slot(&mut job.tally, to) += 1;
        let Job { gates, stages, .. } = job;
        let _ = gates.task_changed(stages, task, (TaskState::Waiting, to), self.at);
        if is_bad(to) {
            let profile = self.rules.profile_of(job.hosts[task as usize]);
            each_budget(job, self.rules.profile(profile).budgets, |budget| budget.fail());
        }
    }

    /// Moves one task to another state. All changes of a task's state go through here.
    pub(super) fn move_task(&mut self, (id, task): TaskAt, to: TaskState, effects: &mut Effects) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let from = job.tasks[task as usize].state;
        if from == to {
            return;
        }
        job.tasks[task as usize].state = to;
        *slot(&mut job.tally, from) -= 1;
        *slot(&mut job.tally, to) += 1;
        if from == TaskState::Waiting {
            job.backoffs.remove(&task);
            if job.tasks[task as usize].tries == 0 {
                effects.push(Effect::Unqueued((id, task)));
            }
        }
        for change in job.gates.task_changed(&job.stages, task, (from, to), self.at) {
            effects.push(effect(id, change));
        }
        if is_bad(from) == is_bad(to) {
            return;
        }
        let profile = self.rules.profile_of(job.hosts[task as usize]);
        let budgets = self.rules.profile(profile).budgets;
        if is_bad(to) {
            each_budget(job, budgets, |budget| budget.fail());
        } else {
            job.failures.remove(&task);
            each_budget(job, budgets, |budget| budget.mend());
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

fn is_bad(state: TaskState) -> bool {
    matches!(state, TaskState::Failed | TaskState::InDoubt)
}

fn slot(tally: &mut Tally, state: TaskState) -> &mut u32 {
    match state {
        TaskState::Waiting => &mut tally.waiting,
        TaskState::Running => &mut tally.running,
        TaskState::Succeeded => &mut tally.succeeded,
        TaskState::Failed => &mut tally.failed,
        TaskState::InDoubt => &mut tally.in_doubt,
        TaskState::Skipped => &mut tally.skipped,
        TaskState::Cancelled => &mut tally.cancelled,
    }
}
