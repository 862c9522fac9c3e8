//! What could still start if all goes well: every running attempt succeeds, every timer fires, every wave bakes, and
//! every task that can start does, and thereby repairs its host.
//!
//! It is the least set with that property, so hosts that wait for each other are not in it. An attempt may fail as
//! well, and then another job may repair what it left: what only that would let start is in it too, so that nothing
//! leaves the set and comes back without an operator. To ask whether something runs now was tried: a job then was
//! blocked while it waited for a retry of another, and went on by itself.

use std::collections::{BTreeMap, BTreeSet};

use fixedbitset::FixedBitSet;

use crate::fleet::HostId;
use crate::plan::{BucketId, StageId};
use crate::policy::WaveGate;
use crate::scheduler::state::{Job, State};
use crate::scheduler::{JobId, TaskState};

/// The part of a namespace that says whether buckets will have room.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// Jobs that may repair a host; of those that may at once, the tasks that do.
    jobs: BTreeMap<JobId, Option<BTreeSet<u32>>>,
    /// Hosts that hold slots until they are repaired.
    hosts: BTreeSet<HostId>,
    buckets: BTreeSet<BucketId>,
}

impl Scope {
    /// Everything.
    fn all(state: &State) -> Self {
        Self {
            jobs: state.active.iter().map(|&job| (job, None)).collect(),
            hosts: state.hosts.stuck().collect(),
            buckets: BTreeSet::new(),
        }
    }

    /// What decides whether one bucket will have room, where it is known which hosts hold slots of each.
    pub(crate) fn of<'a>(
        state: &State,
        bucket: BucketId,
        stuck_in: impl Fn(BucketId) -> Option<&'a BTreeSet<HostId>>,
    ) -> Self {
        let mut scope = Self::default();
        let mut todo = vec![bucket];
        while let Some(bucket) = todo.pop() {
            let slots = state.usage[bucket.index()].limit.slots as usize;
            if !scope.buckets.insert(bucket) {
                continue;
            }
            // A bucket with room holds nobody back, so what would repair its hosts does not matter.
            let full = stuck_in(bucket).filter(|stuck| stuck.len() >= slots);
            for &host in full.into_iter().flatten() {
                if scope.hosts.insert(host) {
                    scope.add_repairs(state, host, &mut todo);
                }
            }
        }
        scope
    }

    /// Adds the tasks that would repair a host. One that waits for others of its job depends on the buckets of all of
    /// these.
    fn add_repairs(&mut self, state: &State, host: HostId, todo: &mut Vec<BucketId>) {
        for (job, task) in state.jobs_on(host) {
            if job.task(task).state != TaskState::Waiting {
                continue;
            }
            let tasks = self.jobs.entry(job.id).or_insert_with(|| Some(BTreeSet::new()));
            let Some(at_once) = tasks else { continue };
            if job.is_unbound || job.gates.track_is_open(job.target(task).track) {
                at_once.insert(task);
                continue;
            }
            // Which of its stages opens depends on all of its tasks, so the job is worked out as a
            // whole.
            *tasks = None;
            if job.status.may_start() {
                let profiles: BTreeSet<u32> = waiting(job).map(|task| job.target(task).profile).collect();
                let buckets = profiles
                    .iter()
                    .flat_map(|&profile| state.rules.profile(profile).buckets);
                todo.extend(buckets);
            }
        }
    }

    pub(crate) fn jobs(&self) -> impl Iterator<Item = &JobId> {
        self.jobs.keys()
    }

    pub(crate) fn buckets(&self) -> impl Iterator<Item = &BucketId> {
        self.buckets.iter()
    }
}

/// What could still start in a part of a namespace. Time is linear in its tasks, once for each link of the longest
/// chain in which one has to run before the next.
pub(crate) struct Prospects {
    startable: BTreeMap<JobId, FixedBitSet>,
    /// For each bucket, how many of its hosts stay unavailable unless an operator does something.
    held: BTreeMap<BucketId, u32>,
    /// Those of its hosts, as far as they are in the scope.
    holding: BTreeSet<HostId>,
}

impl Prospects {
    /// Of everything.
    pub(crate) fn of(state: &State) -> Self {
        Self::within(state, &Scope::all(state))
    }

    /// Of what decides whether certain buckets will have room.
    pub(crate) fn within(state: &State, scope: &Scope) -> Self {
        let mut prospects = Self {
            startable: BTreeMap::new(),
            held: BTreeMap::new(),
            holding: BTreeSet::new(),
        };
        for &host in &scope.hosts {
            let known = state.host(host);
            // What runs is taken to succeed, which repairs a host that an earlier attempt left failed, and no other.
            if known.leased && (known.left.is_some() || !known.is_kept_out()) {
                continue;
            }
            prospects.holding.insert(host);
            for bucket in state.rules.held_by(host) {
                *prospects.held.entry(bucket).or_default() += 1;
            }
        }
        // Each round may let more start, also in jobs that were looked at earlier in the round.
        loop {
            let mut grown = false;
            for (id, tasks) in &scope.jobs {
                let job = state.jobs.get(id).filter(|job| job.status.may_start());
                grown |= job.is_some_and(|job| prospects.grow(state, job, tasks.as_ref()));
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

    /// Adds tasks of a job that could start once those that are known could: of all its tasks, or of these. Says
    /// whether there were any.
    fn grow(&mut self, state: &State, job: &Job, tasks: Option<&BTreeSet<u32>>) -> bool {
        // Where only some tasks are asked for, no stage holds them back.
        let openable = match tasks {
            Some(_) => vec![true; job.stages.stages().len()],
            None => self.openable(job),
        };
        let known = self.startable.entry(job.id).or_default();
        known.grow(job.tasks.len());
        let fresh: Vec<u32> = match tasks {
            Some(tasks) => self.startable_among(state, job, tasks.iter().copied(), &openable),
            None => self.startable_among(state, job, waiting(job), &openable),
        };
        for &task in &fresh {
            let host = job.host(task);
            if let Some(known) = self.startable.get_mut(&job.id) {
                known.insert(task as usize);
            }
            // A run repairs what failed. What is held or marked down stays so until somebody says
            // otherwise.
            if self.holding.contains(&host) && !state.host(host).is_kept_out() {
                self.holding.remove(&host);
                for bucket in state.rules.held_by(host) {
                    self.held.entry(bucket).and_modify(|held| *held -= 1);
                }
            }
        }
        !fresh.is_empty()
    }

    fn startable_among(
        &self,
        state: &State,
        job: &Job,
        tasks: impl Iterator<Item = u32>,
        openable: &[bool],
    ) -> Vec<u32> {
        let unknown = tasks.filter(|&task| !self.is_startable(job, task));
        unknown
            .filter(|&task| self.could_start(state, job, task, openable))
            .collect()
    }

    fn is_startable(&self, job: &Job, task: u32) -> bool {
        let known = self.startable.get(&job.id);
        known.is_some_and(|tasks| tasks.contains(task as usize))
    }

    fn could_start(&self, state: &State, job: &Job, task: u32, openable: &[bool]) -> bool {
        let host = job.host(task);
        if state.is_barred(job, host) || state.is_over_budget(job, host) {
            return false;
        }
        if job.is_unbound {
            return true;
        }
        let repair = state.hosts.is_unavailable(host) || state.is_forced(job.id, host);
        job.stages.of(task).iter().all(|stage| openable[stage.index()])
            && state.usages(state.rules.profile_of(host)).all(|(bucket, usage)| {
                if repair {
                    usage.limit.slots > 0 || !usage.limit.bounds_running
                } else {
                    self.held(bucket) < usage.limit.slots
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
        let mut failed = 0;
        for &task in &stage.tasks {
            match job.task(task).state {
                TaskState::Waiting if !self.is_startable(job, task) => return false,
                // A cancelled host was not done, so the stage behind it waits for an order.
                TaskState::Cancelled => return false,
                TaskState::Failed | TaskState::InDoubt => failed += 1,
                TaskState::Waiting | TaskState::Running | TaskState::Succeeded | TaskState::Skipped => {}
            }
        }
        failed <= stage.allowed_failures
    }
}

fn waiting(job: &Job) -> impl Iterator<Item = u32> {
    job.positions()
        .filter(|&task| job.task(task).state == TaskState::Waiting)
}

impl State {
    /// Whether another job may run on a host without regard to limits, and leave it in need of repair.
    pub(crate) fn is_forced(&self, id: JobId, host: HostId) -> bool {
        let others = self.by_host.unbound().filter(|&other| other != id.index());
        let mut jobs = others.filter_map(|other| Some(self.jobs.at(other)?.1));
        !self.hosts.is_removed(host)
            && jobs.any(|job| {
                let waits = |task: u32| job.task(task).state == TaskState::Waiting;
                job.status.may_start()
                    && !self.is_barred(job, host)
                    && job.task_of(host).is_some_and(waits)
                    && !self.is_over_budget(job, host)
            })
    }
}
