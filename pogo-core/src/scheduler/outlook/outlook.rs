//! Tracks which jobs may have a new status, and what idle jobs wait for.
//!
//! Whether an idle job can go on depends on whether the buckets of its hosts will ever have room, and that on other
//! jobs. So the answer is cached for each bucket that an idle job depends on, with the jobs and buckets from which it
//! was found. A change of one of these invalidates the answer, and a job is looked at again when an answer differs from
//! the one before. Looking at every job after every report was the first version: a blocked job of a million hosts made
//! each report of another job cost 28 ms.
//!
//! Like the agenda it is scratch space: it holds nothing that cannot be computed from the state.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use smallvec::SmallVec;

use super::prospects::{Prospects, Scope};
use crate::fleet::HostId;
use crate::plan::BucketId;
use crate::scheduler::collections::{FastMap, JobSet};
use crate::scheduler::state::{Effect, Job, State, TaskAt};
use crate::scheduler::{JobId, TaskState};

#[derive(Debug, Clone, Default)]
pub(crate) struct Outlook {
    /// Jobs whose status may have changed, possibly with duplicates.
    marked: Vec<JobId>,
    /// Buckets whose cached answers may have changed.
    invalid: BTreeSet<BucketId>,
    /// Hosts that are unavailable for another reason than running, and the same for each bucket.
    stuck: BTreeSet<HostId>,
    stuck_in: BTreeMap<BucketId, BTreeSet<HostId>>,
    idle: FastMap<JobId, IdleJob>,
    answers: FastMap<BucketId, Answer>,
    /// The buckets whose answers were found from a job, or from another bucket.
    by_job: FastMap<JobId, BTreeSet<BucketId>>,
    by_bucket: FastMap<BucketId, BTreeSet<BucketId>>,
    stale: bool,
}

/// Inline, since most jobs depend on a few buckets: a tree would be an allocation for each idle job.
type BucketIds = SmallVec<[BucketId; 4]>;

/// An idle job: nothing of it runs, and something waits.
#[derive(Debug, Clone, Default)]
struct IdleJob {
    /// A task that could start in time. It is checked first the next time, since it usually still could.
    witness: Option<u32>,
    /// The buckets whose answers decide about the job, in order.
    buckets: BucketIds,
}

/// Whether a bucket will have room, and who depends on that.
#[derive(Debug, Clone)]
struct Answer {
    /// Whether it will have room for another host without an order.
    has_room: bool,
    jobs: JobSet,
    /// Nothing where nothing is stuck.
    found_from: Option<Box<Scope>>,
}

impl Outlook {
    /// Forgets everything, after events that `note` did not get.
    pub(crate) fn forget(&mut self) {
        self.stale = true;
    }

    /// Marks and invalidates what events may have changed.
    pub(crate) fn note(&mut self, state: &State, effects: &[Effect]) {
        for effect in effects {
            if self.stale {
                return;
            }
            match *effect {
                Effect::Rebuild => self.stale = true,
                Effect::JobAdded(job) => self.add(state, job),
                Effect::Dequeued { task, .. } | Effect::Requeued(task) => self.turn(state, task),
                Effect::TaskTurned(task) => {
                    self.turn(state, task);
                    self.invalidate_job(task.0);
                }
                Effect::HostFreed { host, by, .. } => {
                    by.iter().for_each(|&job| self.mark(job));
                    self.change_host(state, host, by);
                }
                Effect::HostChanged(host) | Effect::HostMarked(host) => self.change_host(state, host, None),
                Effect::JobChanged(job) | Effect::StageOpened(job, _) | Effect::StageBaking(job, _) => {
                    self.mark(job);
                    self.invalidate_job(job);
                    if let Some(job) = state.jobs.get(&job).filter(|job| job.is_unbound) {
                        job.hosts().for_each(|host| self.mark_others(state, host, None));
                    }
                }
                Effect::HoldsChanged(_)
                | Effect::Started { .. }
                | Effect::Settling { .. }
                | Effect::ReportedSlow { .. }
                | Effect::Cancelling { .. } => {}
            }
        }
    }

    /// The job's status may be another than before.
    pub(crate) fn mark(&mut self, job: JobId) {
        if self.marked.last() != Some(&job) {
            self.marked.push(job);
        }
    }

    fn add(&mut self, state: &State, id: JobId) {
        self.mark(id);
        let Some(job) = state.jobs.get(&id) else { return };
        // The new job may repair hosts that are stuck. Where none is, no answer can depend on it.
        if !self.stuck.is_empty() {
            job.hosts().for_each(|host| self.invalidate_host(state, host));
        }
        if job.is_unbound {
            job.hosts().for_each(|host| self.mark_others(state, host, None));
        }
    }

    /// Handles a task that stops waiting, or waits again.
    fn turn(&mut self, state: &State, (id, task): TaskAt) {
        self.mark(id);
        let Some(job) = state.jobs.get(&id) else { return };
        self.invalidate_host(state, job.host(task));
        if job.is_unbound {
            self.mark_others(state, job.host(task), None);
        }
    }

    fn change_host(&mut self, state: &State, host: HostId, by: Option<JobId>) {
        let is_stuck = state.hosts.is_stuck(host);
        self.invalidate_host(state, host);
        if is_stuck && self.stuck.insert(host) {
            for bucket in state.rules.held_by(host) {
                self.stuck_in.entry(bucket).or_default().insert(host);
            }
            // Before and after: only stuck hosts invalidate answers, and this one may be
            // about to leave or to join them.
            self.invalidate_host(state, host);
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
        self.mark_others(state, host, by);
    }

    /// Other jobs that wait for this host may be able to do something else than before.
    fn mark_others(&mut self, state: &State, host: HostId, by: Option<JobId>) {
        for (job, task) in state.others_on(host, by) {
            if job.task(task).state == TaskState::Waiting {
                self.mark(job.id);
                self.invalidate_job(job.id);
            }
        }
    }

    fn invalidate_job(&mut self, job: JobId) {
        if let Some(buckets) = self.by_job.get(&job) {
            self.invalid.extend(buckets);
        }
    }

    /// Something has changed that may decide for how long this host holds slots, if it holds any.
    fn invalidate_host(&mut self, state: &State, host: HostId) {
        if self.answers.is_empty() || !self.stuck.contains(&host) {
            return;
        }
        for bucket in state.rules.buckets_of(host) {
            if self.answers.contains_key(bucket) {
                self.invalid.insert(*bucket);
            }
            if let Some(others) = self.by_bucket.get(bucket) {
                self.invalid.extend(others);
            }
        }
    }

    /// The jobs whose status may be another than before, in order.
    pub(crate) fn take_marked(&mut self, state: &State) -> Vec<JobId> {
        if self.stale {
            *self = Self::build(state);
        }
        // Worked out again here and not when it was invalidated: many events of one input touch the
        // same bucket.
        for bucket in std::mem::take(&mut self.invalid) {
            let before = self.forget_answer(bucket).filter(|before| !before.jobs.is_empty());
            let Some(before) = before else { continue };
            let (has_room, found_from) = self.work_out(state, bucket);
            // Most changes leave the answer as it was, and then no job is looked at.
            if has_room != before.has_room {
                self.marked.extend(before.jobs.iter());
            }
            let jobs = before.jobs;
            self.keep(
                bucket,
                Answer {
                    has_room,
                    jobs,
                    found_from,
                },
            );
        }
        let mut marked = std::mem::take(&mut self.marked);
        marked.sort_unstable();
        marked.dedup();
        marked
    }

    fn build(state: &State) -> Self {
        let mut outlook = Self::default();
        for host in state.hosts.stuck() {
            outlook.change_host(state, host, None);
        }
        outlook.marked = state.active.iter().copied().collect();
        outlook
    }

    /// Forgets what was marked by the events that set statuses, which change nothing that another job can do.
    pub(crate) fn clear(&mut self) {
        self.marked.clear();
        self.invalid.clear();
    }

    /// Whether a job could start anything without an order. `None` if something of it runs, nothing waits, or it may
    /// not start.
    pub(crate) fn look(&mut self, state: &State, job: &Job) -> Option<bool> {
        if job.tally.running > 0 || job.tally.waiting == 0 || !job.status.may_start() {
            self.set_idle(job.id, IdleJob::default());
            return None;
        }
        let waits = |task: &u32| job.task(*task).state == TaskState::Waiting;
        let witness = self.idle.get(&job.id).and_then(|idle| idle.witness);
        let mut full = BucketIds::new();
        // Tasks that are alike in these four have the same answer: a blocked job of a million hosts
        // has a handful of kinds.
        let mut seen = BTreeSet::new();
        for task in witness.into_iter().chain(job.positions()).filter(waits) {
            let host = job.host(task);
            let target = job.target(task);
            let repair = state.hosts.is_unavailable(host) || state.is_forced(job.id, host);
            let mut buckets = BucketIds::new();
            let barred = state.is_barred(job, host);
            if seen.insert((target.profile, target.track, repair, barred))
                && self.could_start(state, job, task, repair, &mut buckets)
            {
                let witness = Some(task);
                self.set_idle(job.id, IdleJob { witness, buckets });
                return Some(true);
            }
            // Only the full ones: the job goes on when one of these gets room, and no other bucket
            // can change that.
            full.extend(buckets.into_iter().filter(|&bucket| !self.has_room(state, bucket)));
        }
        let idle = IdleJob {
            witness: None,
            buckets: full,
        };
        self.set_idle(job.id, idle);
        Some(false)
    }

    /// Whether a task could start in time, and the buckets on which this depends.
    // A stage that does not open in time opens only after a task before it has started, so its tasks need not be asked.
    fn could_start(&mut self, state: &State, job: &Job, task: u32, repair: bool, buckets: &mut BucketIds) -> bool {
        let host = job.host(task);
        if state.is_barred(job, host) || state.is_over_budget(job, host) {
            return false;
        }
        if job.is_unbound {
            return true;
        }
        if !job.stages.of(task).iter().all(|&stage| job.opens_in_time(stage)) {
            return false;
        }
        let mut startable = true;
        for (bucket, usage) in state.usages(state.rules.profile_of(host)) {
            startable &= if repair {
                usage.limit.slots > 0 || !usage.limit.bounds_running
            } else {
                buckets.push(bucket);
                self.has_room(state, bucket)
            };
        }
        startable
    }

    fn has_room(&mut self, state: &State, bucket: BucketId) -> bool {
        if let Some(answer) = self.answers.get(&bucket) {
            return answer.has_room;
        }
        let (has_room, found_from) = self.work_out(state, bucket);
        let jobs = JobSet::default();
        self.keep(
            bucket,
            Answer {
                has_room,
                jobs,
                found_from,
            },
        );
        has_room
    }

    /// Whether a bucket will have room for another host without an order, and what says so.
    fn work_out(&self, state: &State, bucket: BucketId) -> (bool, Option<Box<Scope>>) {
        let slots = state.usage[bucket.index()].limit.slots;
        let stuck = self.stuck_in.get(&bucket).map_or(0, BTreeSet::len);
        // Nearly every bucket ends here: hosts that run give their slots back, so only stuck ones
        // can fill it for good.
        if slots == 0 || stuck < slots as usize {
            return (slots > 0, None);
        }
        let scope = Scope::of(state, bucket, |bucket| self.stuck_in.get(&bucket));
        let has_room = Prospects::within(state, &scope).held(bucket) < slots;
        (has_room, Some(Box::new(scope)))
    }

    fn keep(&mut self, bucket: BucketId, answer: Answer) {
        for &job in answer.found_from.iter().flat_map(|scope| scope.jobs()) {
            self.by_job.entry(job).or_default().insert(bucket);
        }
        for &other in answer.found_from.iter().flat_map(|scope| scope.buckets()) {
            self.by_bucket.entry(other).or_default().insert(bucket);
        }
        self.answers.insert(bucket, answer);
    }

    fn forget_answer(&mut self, bucket: BucketId) -> Option<Answer> {
        let answer = self.answers.remove(&bucket)?;
        for job in answer.found_from.iter().flat_map(|scope| scope.jobs()) {
            remove_from(&mut self.by_job, job, bucket);
        }
        for other in answer.found_from.iter().flat_map(|scope| scope.buckets()) {
            remove_from(&mut self.by_bucket, other, bucket);
        }
        Some(answer)
    }

    /// Keeps what an idle job waits for; an empty one if the job is not idle.
    fn set_idle(&mut self, job: JobId, mut idle: IdleJob) {
        idle.buckets.sort_unstable();
        idle.buckets.dedup();
        for bucket in &idle.buckets {
            if let Some(answer) = self.answers.get_mut(bucket) {
                answer.jobs.insert(job);
            }
        }
        let is_idle = idle.witness.is_some() || !idle.buckets.is_empty();
        let before = if is_idle {
            self.idle.insert(job, idle)
        } else {
            self.idle.remove(&job)
        };
        for bucket in before.map(|before| before.buckets).unwrap_or_default() {
            let waits_for = self.idle.get(&job).map(|idle| &idle.buckets);
            if let Some(answer) = self.answers.get_mut(&bucket)
                && waits_for.is_none_or(|buckets| buckets.binary_search(&bucket).is_err())
            {
                answer.jobs.remove(job);
                if answer.jobs.is_empty() {
                    // An answer that no job waits for would be worked out again at each change of
                    // its hosts, for nobody.
                    self.forget_answer(bucket);
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
