//! A job as its events have it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::plan::JobSpec;
use pogo_core::policy::{JobSettings, Limit};
use pogo_core::scheduler::TaskState;

use super::groups::{Group, size};

#[derive(Clone)]
pub(super) struct Job {
    pub(super) spec: Arc<JobSpec>,
    pub(super) tasks: BTreeMap<HostName, TaskState>,
    /// When each host that is to be tried again began to wait, and until when it does.
    pub(super) delays: BTreeMap<HostName, (Timestamp, Timestamp)>,
    /// Whether it starts tasks at all, and whether it has finished.
    pub(super) goes_on: bool,
    pub(super) finished: bool,
    pub(super) settings: JobSettings,
    /// Hosts of the whole job that had failed when an operator last let it go on.
    pub(super) accepted: usize,
    /// Hosts that had failed in each group when an operator last let the job go on.
    pub(super) forgiven: BTreeMap<Group, usize>,
    pub(super) waves: Vec<Group>,
    pub(super) opened: BTreeSet<usize>,
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

    pub(super) fn max_parallel(&self) -> Option<u32> {
        let all = size(self.tasks.len());
        self.settings.max_parallel.map(|limit| limit.slots(all))
    }

    pub(super) fn max_failures(&self) -> Option<u32> {
        let all = size(self.tasks.len());
        self.settings.max_failures.map(|limit| limit.tolerated(all))
    }

    /// Delays that go on are as long as if they had been others from their beginning.
    pub(super) fn take_settings(&mut self, settings: JobSettings) {
        let delay = |settings: &JobSettings| u64::try_from(settings.retry_delay.unwrap().as_millis()).unwrap();
        let (before, after) = (delay(&self.settings), delay(&settings));
        if before != after && before > 0 {
            for (since, until) in self.delays.values_mut() {
                let waits = (until.as_millis() - since.as_millis()) * after / before;
                *until = *since + Duration::from_millis(waits);
            }
        }
        self.settings = settings;
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
        self.is_complete(
            wave,
            self.settings.allow_failures.unwrap().tolerated(size(wave.len())) as usize,
        )
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
