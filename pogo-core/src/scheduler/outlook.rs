//! Which jobs have to be looked at again, and what those that rest wait for.
//!
//! Whether a job of which nothing runs can go on depends on whether the buckets of its hosts will ever have room, and that
//! on other jobs. So the answer is kept for each bucket that a resting job goes by, with the jobs and buckets that it was found
//! from; it is worked out again when one of those changes, and a job is looked at again when an answer is another than before.
//!
//! Like the agenda it is scratch space: it holds nothing that cannot be computed from the state.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use smallvec::SmallVec;

use super::JobId;
use super::admission::usages;
use super::by_job::{FastMap, FastSet};
use super::prospects::{Prospects, Scope};
use super::state::{Effect, Job, State, TaskAt, TaskState};
use crate::fleet::HostId;
use crate::plan::BucketId;

#[derive(Debug, Clone, Default)]
pub(crate) struct Outlook {
    /// Jobs that are to be looked at, some of them more than once.
    touched: Vec<JobId>,
    /// Buckets whose answers may be others by now.
    stirred: BTreeSet<BucketId>,
    /// Hosts that are unavailable for another reason than running, and the same for each bucket.
    stuck: BTreeSet<HostId>,
    stuck_in: BTreeMap<BucketId, BTreeSet<HostId>>,
    resting: FastMap<JobId, Resting>,
    watched: FastMap<BucketId, Watched>,
    /// The watched buckets whose answers were found from a job, or from another bucket.
    by_job: FastMap<JobId, BTreeSet<BucketId>>,
    by_bucket: FastMap<BucketId, BTreeSet<BucketId>>,
    stale: bool,
}

/// Most jobs rest on a few buckets, which are found where this is.
type BucketIds = SmallVec<[BucketId; 4]>;

/// A job of which nothing runs.
#[derive(Debug, Clone, Default)]
struct Resting {
    /// A task that could start.
    witness: Option<u32>,
    /// The buckets that have to change for the job to fare otherwise, in order.
    buckets: BucketIds,
}

/// A bucket that jobs rest on.
#[derive(Debug, Clone)]
struct Watched {
    /// Whether it will have room for another host without an order.
    has_room: bool,
    jobs: FastSet<JobId>,
    found_from: Scope,
}

impl Outlook {
    /// Events went by unseen.
    pub(crate) fn forget(&mut self) {
        self.stale = true;
    }

    /// Takes note of what events did.
    pub(crate) fn note(&mut self, state: &State, effects: &[Effect]) {
        for effect in effects {
            if self.stale {
                return;
            }
            match *effect {
                Effect::Rebuild => self.stale = true,
                Effect::JobAdded(job) => self.add(state, job),
                Effect::Unqueued { task, .. } | Effect::Requeued(task) => self.turn(state, task),
                Effect::TaskTurned(task) => {
                    self.turn(state, task);
                    self.stir_job(task.0);
                }
                Effect::HostFreed { host, by, .. } => {
                    by.iter().for_each(|&job| self.touch(job));
                    self.change_host(state, host, by);
                }
                Effect::HostChanged(host) | Effect::HostMarked(host) => self.change_host(state, host, None),
                Effect::JobChanged(job) | Effect::StageOpened(job, _) | Effect::StageBaking(job, _) => {
                    self.touch(job);
                    self.stir_job(job);
                    if let Some(job) = state.jobs.get(&job).filter(|job| job.is_unbound()) {
                        job.hosts()
                            .for_each(|host| self.touch_others(state, host, Some(job.id)));
                    }
                }
                Effect::Started { .. }
                | Effect::Settling { .. }
                | Effect::ToldSlow { .. }
                | Effect::Cancelling { .. } => {}
            }
        }
    }

    /// A job is to be looked at.
    pub(crate) fn touch(&mut self, job: JobId) {
        if self.touched.last() != Some(&job) {
            self.touched.push(job);
        }
    }

    fn add(&mut self, state: &State, id: JobId) {
        self.touch(id);
        let Some(job) = state.jobs.get(&id) else { return };
        if !self.stuck.is_empty() {
            job.hosts().for_each(|host| self.stir_host(state, host));
        }
        if job.is_unbound() {
            job.hosts().for_each(|host| self.touch_others(state, host, Some(id)));
        }
    }

    /// A task waits no longer, or waits again.
    fn turn(&mut self, state: &State, (id, task): TaskAt) {
        self.touch(id);
        let Some(job) = state.jobs.get(&id) else { return };
        self.stir_host(state, job.host(task));
        if job.is_unbound() {
            self.touch_others(state, job.host(task), Some(id));
        }
    }

    fn change_host(&mut self, state: &State, host: HostId, by: Option<JobId>) {
        let is_stuck = state.hosts.is_stuck(host);
        self.stir_host(state, host);
        if is_stuck && self.stuck.insert(host) {
            for bucket in state.rules.held_by(host) {
                self.stuck_in.entry(bucket).or_default().insert(host);
            }
            self.stir_host(state, host);
        } else if !is_stuck && self.stuck.remove(&host) {
            for bucket in state.rules.held_by(host) {
                if let Some(stuck) = self.stuck_in.get_mut(&bucket) {
                    stuck.remove(&host);
                    if stuck.is_empty() {
                        self.stuck_in.remove(&bucket);
                    }
                }
            }
        }
        self.touch_others(state, host, by);
    }

    /// What other jobs do on this host may be otherwise possible than before.
    fn touch_others(&mut self, state: &State, host: HostId, by: Option<JobId>) {
        for (job, task) in state.jobs_on(host) {
            if Some(job.id) != by && job.task(task).state == TaskState::Waiting {
                self.touch(job.id);
                self.stir_job(job.id);
            }
        }
    }

    fn stir_job(&mut self, job: JobId) {
        if let Some(buckets) = self.by_job.get(&job) {
            self.stirred.extend(buckets);
        }
    }

    /// Of a host that holds slots, something has changed that may decide for how long.
    fn stir_host(&mut self, state: &State, host: HostId) {
        if self.watched.is_empty() || !self.stuck.contains(&host) {
            return;
        }
        for bucket in state.rules.buckets_of(host) {
            if self.watched.contains_key(bucket) {
                self.stirred.insert(*bucket);
            }
            if let Some(others) = self.by_bucket.get(bucket) {
                self.stirred.extend(others);
            }
        }
    }

    /// The jobs that are to be looked at, in order.
    pub(crate) fn settle(&mut self, state: &State) -> Vec<JobId> {
        if self.stale {
            *self = Self::build(state);
        }
        for bucket in std::mem::take(&mut self.stirred) {
            let before = self.unwatch(bucket).filter(|before| !before.jobs.is_empty());
            let Some(before) = before else { continue };
            let (has_room, found_from) = self.answer(state, bucket);
            if has_room != before.has_room {
                self.touched.extend(&before.jobs);
            }
            let jobs = before.jobs;
            self.watch(
                bucket,
                Watched {
                    has_room,
                    jobs,
                    found_from,
                },
            );
        }
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    fn build(state: &State) -> Self {
        let mut outlook = Self::default();
        for host in state.hosts.stuck() {
            outlook.change_host(state, host, None);
        }
        outlook.touched = state.active.iter().copied().collect();
        outlook
    }

    /// That jobs now say how they are doing makes no difference to any of them.
    pub(crate) fn calm(&mut self) {
        self.touched.clear();
        self.stirred.clear();
    }

    /// Whether a job could start anything without an order. `None` if it runs or is not to go on, so that nobody asks.
    pub(crate) fn look(&mut self, state: &State, job: &Job) -> Option<bool> {
        if job.tally.running > 0 || job.tally.waiting == 0 || !job.status.may_start() {
            self.rest(job.id, Resting::default());
            return None;
        }
        let waits = |task: &u32| job.task(*task).state == TaskState::Waiting;
        let witness = self.resting.get(&job.id).and_then(|resting| resting.witness);
        let mut full = BucketIds::new();
        let mut seen = BTreeSet::new();
        for task in witness.into_iter().chain(job.positions()).filter(waits) {
            let host = job.host(task);
            let target = job.target(task);
            let repair = state.hosts.is_unavailable(host) || state.is_forced(job.id, host);
            let mut buckets = BucketIds::new();
            let frozen = state.freezes.is_frozen(host);
            if seen.insert((target.profile, target.track, repair, frozen))
                && self.could_start(state, job, task, repair, &mut buckets)
            {
                let witness = Some(task);
                self.rest(job.id, Resting { witness, buckets });
                return Some(true);
            }
            full.extend(buckets.into_iter().filter(|&bucket| !self.has_room(state, bucket)));
        }
        let resting = Resting {
            witness: None,
            buckets: full,
        };
        self.rest(job.id, resting);
        Some(false)
    }

    /// Whether a task could start, and the buckets that this depends on. A stage that does not open in time opens only after
    /// a task before it has started, so that it need not be asked of those in it.
    fn could_start(&mut self, state: &State, job: &Job, task: u32, repair: bool, buckets: &mut BucketIds) -> bool {
        let host = job.host(task);
        if state.freezes.is_frozen(host) || state.is_over_budget(job, host) {
            return false;
        }
        if job.is_unbound() {
            return true;
        }
        if !job.stages.of(task).iter().all(|&stage| job.opens_in_time(stage)) {
            return false;
        }
        let mut startable = true;
        for (bucket, usage) in usages(state, state.rules.profile_of(host)) {
            startable &= if repair {
                usage.limit.places > 0 || !usage.limit.bounds_running
            } else {
                buckets.push(bucket);
                self.has_room(state, bucket)
            };
        }
        startable
    }

    fn has_room(&mut self, state: &State, bucket: BucketId) -> bool {
        if let Some(watched) = self.watched.get(&bucket) {
            return watched.has_room;
        }
        let (has_room, found_from) = self.answer(state, bucket);
        let jobs = FastSet::default();
        self.watch(
            bucket,
            Watched {
                has_room,
                jobs,
                found_from,
            },
        );
        has_room
    }

    /// Whether a bucket will have room for another host without an order, and what says so.
    fn answer(&self, state: &State, bucket: BucketId) -> (bool, Scope) {
        let slots = state.usage[bucket.index()].limit.places;
        let stuck = self.stuck_in.get(&bucket).map_or(0, BTreeSet::len);
        if slots == 0 || stuck < slots as usize {
            return (slots > 0, Scope::default());
        }
        let scope = Scope::of(state, bucket, |bucket| self.stuck_in.get(&bucket));
        (Prospects::within(state, &scope).held(bucket) < slots, scope)
    }

    fn watch(&mut self, bucket: BucketId, watched: Watched) {
        for &job in watched.found_from.jobs() {
            self.by_job.entry(job).or_default().insert(bucket);
        }
        for &other in watched.found_from.buckets() {
            self.by_bucket.entry(other).or_default().insert(bucket);
        }
        self.watched.insert(bucket, watched);
    }

    fn unwatch(&mut self, bucket: BucketId) -> Option<Watched> {
        let watched = self.watched.remove(&bucket)?;
        for job in watched.found_from.jobs() {
            remove_from(&mut self.by_job, job, bucket);
        }
        for other in watched.found_from.buckets() {
            remove_from(&mut self.by_bucket, other, bucket);
        }
        Some(watched)
    }

    /// A job rests on these buckets, and no longer on others.
    fn rest(&mut self, job: JobId, mut resting: Resting) {
        resting.buckets.sort_unstable();
        resting.buckets.dedup();
        for bucket in &resting.buckets {
            if let Some(watched) = self.watched.get_mut(bucket) {
                watched.jobs.insert(job);
            }
        }
        let rests = resting.witness.is_some() || !resting.buckets.is_empty();
        let before = if rests {
            self.resting.insert(job, resting)
        } else {
            self.resting.remove(&job)
        };
        for bucket in before.map(|before| before.buckets).unwrap_or_default() {
            let rests_on = self.resting.get(&job).map(|resting| &resting.buckets);
            if let Some(watched) = self.watched.get_mut(&bucket)
                && rests_on.is_none_or(|buckets| buckets.binary_search(&bucket).is_err())
            {
                watched.jobs.remove(&job);
                if watched.jobs.is_empty() {
                    self.unwatch(bucket);
                }
            }
        }
    }
}

fn remove_from<K: Hash + Eq>(index: &mut FastMap<K, BTreeSet<BucketId>>, key: &K, bucket: BucketId) {
    if let Some(buckets) = index.get_mut(key) {
        buckets.remove(&bucket);
        if buckets.is_empty() {
            index.remove(key);
        }
    }
}
