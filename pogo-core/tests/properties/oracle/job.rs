//! A job as its events have it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::plan::{JobSpec, WaveGate};
use pogo_core::policy::Limit;
use pogo_core::scheduler::TaskState;

use super::groups::{Group, size};

#[derive(Clone)]
pub(super) struct Job {
    pub(super) spec: Arc<JobSpec>,
    pub(super) tasks: BTreeMap<HostName, TaskState>,
    pub(super) not_before: BTreeMap<HostName, Timestamp>,
    /// Whether it starts tasks at all, and whether it has finished.
    pub(super) goes_on: bool,
    pub(super) finished: bool,
    pub(super) max_parallel: Option<u32>,
    pub(super) max_failures: Option<u32>,
    /// Hosts of the whole job that had failed when an operator last let it go on.
    pub(super) accepted: usize,
    /// Hosts that had failed in each group when an operator last let the job go on.
    pub(super) forgiven: BTreeMap<Group, usize>,
    pub(super) waves: Vec<Group>,
    pub(super) opened: BTreeSet<usize>,
    pub(super) gate: WaveGate,
    pub(super) allow_failures: Limit,
    /// Waves and budgets are not followed across a change of fleet or policy.
    pub(super) moved: bool,
}

impl Job {
    /// An operator lets the job go on, and accepts what has failed.
    pub(super) fn go_on(&mut self, budgets: &[(Group, Limit)]) {
        self.goes_on = true;
        self.accepted = self.count(TaskState::Failed);
        let groups = budgets.iter().map(|(group, _)| group);
        self.forgiven = groups.map(|group| (group.clone(), self.failed(group))).collect();
    }

    pub(super) fn count(&self, state: TaskState) -> usize {
        self.tasks.values().filter(|&&other| other == state).count()
    }

    pub(super) fn failed(&self, group: &Group) -> usize {
        group
            .iter()
            .filter(|host| self.tasks.get(*host) == Some(&TaskState::Failed))
            .count()
    }

    pub(super) fn wave_is_complete(&self, wave: &Group) -> bool {
        self.is_complete(wave, self.allow_failures.tolerated(size(wave.len())) as usize)
    }

    /// A wave whose predecessors are no longer complete closes again.
    pub(super) fn close_waves(&mut self) {
        let complete = self.waves.iter().take_while(|wave| self.wave_is_complete(wave)).count();
        self.opened.retain(|&wave| wave <= complete);
    }

    pub(super) fn is_complete(&self, stage: &Group, allowed: usize) -> bool {
        let mut states = stage.iter().filter_map(|host| self.tasks.get(host));
        let over = |state: &TaskState| matches!(state, TaskState::Succeeded | TaskState::Skipped | TaskState::Failed);
        states.all(over) && self.failed(stage) <= allowed
    }
}
