//! What could still start if all goes well: every attempt under way succeeds, every timer fires, every wave bakes, and
//! every task that can start does, and thereby repairs its host.
//!
//! It is the least set with that property, so hosts that wait for each other are not in it. An attempt may fail as well,
//! and then another job may repair what it left: what only that would let start is in it too, so that nothing leaves
//! the set and comes back without an operator.

use std::collections::{BTreeMap, BTreeSet};

use fixedbitset::FixedBitSet;

use super::JobId;
use super::admission::usages;
use super::state::{Job, State, TaskState};
use crate::fleet::HostId;
use crate::plan::{BucketId, StageId, WaveGate};

/// Everything that could still start, worked out from scratch. Time is linear in the tasks, once for each link of the longest
/// chain in which one has to run before the next.
pub(crate) struct Prospects {
    startable: BTreeMap<JobId, FixedBitSet>,
    /// For each bucket, how many of its hosts stay unavailable unless an operator does something.
    held: BTreeMap<BucketId, u32>,
    /// Hosts that are unavailable and may be repaired.
    recovering: BTreeSet<HostId>,
    /// Hosts on which a job without constraints could start something, and leave them in need of repair.
    forced: BTreeSet<HostId>,
}

impl Prospects {
    pub(crate) fn of(state: &State) -> Self {
        let mut prospects = Self {
            startable: BTreeMap::new(),
            held: BTreeMap::new(),
            recovering: BTreeSet::new(),
            forced: BTreeSet::new(),
        };
        for host in state.hosts.stuck() {
            let known = state.host(host);
            if known.leased && (known.removed || known.down.is_none()) {
                prospects.recovering.insert(host);
                continue;
            }
            for &bucket in state.rules.buckets_of(host) {
                *prospects.held.entry(bucket).or_default() += 1;
            }
        }
        // Each round may let more start, also in jobs that come before.
        loop {
            let mut grown = false;
            for job in state.unfinished() {
                grown |= prospects.grow(state, job);
            }
            if !grown {
                return prospects;
            }
        }
    }

    /// How many hosts of a bucket stay unavailable unless an operator does something.
    pub(crate) fn held(&self, bucket: BucketId) -> u32 {
        self.held.get(&bucket).copied().unwrap_or(0)
    }

    /// Whether any waiting task of the job could start.
    pub(crate) fn any(&self, job: JobId) -> bool {
        self.startable.get(&job).is_some_and(|tasks| !tasks.is_clear())
    }

    /// Adds tasks of a job that could start once those that are known could. Says whether there were any.
    fn grow(&mut self, state: &State, job: &Job) -> bool {
        if !job.status.may_start() {
            return false;
        }
        let openable = self.openable(job);
        let known = self.startable.entry(job.id).or_default();
        known.grow(job.tasks.len());
        let waiting = job.positions().filter(|&task| {
            job.task(task).state == TaskState::Waiting && !self.startable[&job.id].contains(task as usize)
        });
        let fresh: Vec<u32> = waiting
            .filter(|&task| self.could_start(state, job, task, &openable))
            .collect();
        for &task in &fresh {
            let host = job.host(task);
            if let Some(known) = self.startable.get_mut(&job.id) {
                known.insert(task as usize);
            }
            if job.spec.override_constraints.is_some() {
                self.forced.insert(host);
            }
            if state.hosts.is_stuck(host) && state.host(host).down.is_none() && self.recovering.insert(host) {
                for bucket in state.rules.buckets_of(host) {
                    self.held.entry(*bucket).and_modify(|held| *held -= 1);
                }
            }
        }
        !fresh.is_empty()
    }

    fn could_start(&self, state: &State, job: &Job, task: u32, openable: &[bool]) -> bool {
        let host = job.host(task);
        if state.freezes.is_frozen(host) || state.is_over_budget(job, host) {
            return false;
        }
        if job.spec.override_constraints.is_some() {
            return true;
        }
        let repair = state.hosts.is_unavailable(host) || self.forced.contains(&host);
        job.stages.of(task).iter().all(|stage| openable[stage.index()])
            && usages(state, state.rules.profile_of(host)).all(|(bucket, usage)| {
                let is_frozen = usage.limit.places == 0;
                if repair {
                    !(usage.limit.bounds_running && is_frozen)
                } else {
                    self.held(bucket) < usage.limit.places
                }
            })
    }

    /// Which stages are open, or could open. Each comes after those it waits for.
    fn openable(&self, job: &Job) -> Vec<bool> {
        let mut openable: Vec<bool> = Vec::with_capacity(job.stages.stages().len());
        for (stage, at) in job.stages.stages().iter().zip((0..).map(StageId)) {
            let opens = |before: StageId| openable[before.index()] && self.could_complete(job, before);
            let by_itself = !stage.bakes || job.settings.gate == WaveGate::Automatic;
            let open = job.gates.is_open(at) || (by_itself && stage.after.is_some_and(opens));
            openable.push(open);
        }
        openable
    }

    fn could_complete(&self, job: &Job, stage: StageId) -> bool {
        let stage = job.stages.stage(stage);
        let startable = self.startable.get(&job.id);
        let mut failed = 0;
        for &task in &stage.tasks {
            match job.task(task).state {
                TaskState::Waiting if !startable.is_some_and(|tasks| tasks.contains(task as usize)) => return false,
                TaskState::Cancelled => return false,
                TaskState::Failed | TaskState::InDoubt => failed += 1,
                TaskState::Waiting | TaskState::Running | TaskState::Succeeded | TaskState::Skipped => {}
            }
        }
        failed <= stage.allowed_failures
    }
}
