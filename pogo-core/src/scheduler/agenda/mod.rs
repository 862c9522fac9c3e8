//! Which task starts next: queues over the state, kept up to date by the effects of events.
//!
//! Hosts under the same limits and behind the same gates are one [`Class`] and wait in one queue, so that the work
//! done for a free place depends on how many *kinds* of hosts wait for it, not on how many hosts. A class whose next
//! host cannot start is parked at one thing that stops it (a full bucket, say) and is looked at again when that gives
//! way. A class that is not parked anywhere is in `open`.
//!
//! The agenda is scratch space: it holds nothing that cannot be computed from the state, and decides the same
//! whether it was kept up to date or built afresh.

mod build;
mod class;
mod front;
mod key;
mod load;
mod lot;
mod park;
mod pick;
mod rekey;

use std::collections::BTreeSet;

use fixedbitset::FixedBitSet;
use hashbrown::HashTable;

pub(crate) use class::{Class, ClassId, ClassKey, Place};
pub(crate) use key::Key;
pub(crate) use load::Load;
use lot::Lot;
pub(crate) use park::Parking;
use park::Queue;

use super::JobId;
use super::by_job::FastMap;
use super::state::{Effect, State, TaskAt, TaskState};
use crate::Timestamp;

/// Queues of waiting tasks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Agenda {
    classes: Vec<Class>,
    /// The tasks of each class, in order, one class after the other.
    listed: Vec<u32>,
    /// The positions of classes by their keys, which the classes themselves have.
    by_key: HashTable<u32>,
    jobs: FastMap<JobId, JobQueues>,
    load: Load,
    parking: Parking,
    open: Queue,
    /// The classes of each bucket, once more than one job has any.
    by_bucket: Option<Vec<Vec<u32>>>,
    /// How many tasks the queues list of jobs that are unfinished, and of others.
    sizes: (usize, usize),
    /// Tasks whose delay has not passed.
    delayed: BTreeSet<(Timestamp, JobId, u32)>,
    now: Timestamp,
    stale: bool,
}

/// What the agenda keeps for one job.
#[derive(Debug, Clone, Default)]
struct JobQueues {
    /// The class of each task.
    class_of: Vec<u32>,
    /// Tasks that wait in a queue. The state says so too, but not in a bit for each.
    waiting: FixedBitSet,
    /// Tasks that were queued since the queues were built: where they were listed is out of date. Empty while there
    /// are none.
    enlisted: FixedBitSet,
    /// Whether any of the tasks that are listed was tried before.
    lists_tried: bool,
    /// Position in the order of the job, where that is not the listed order.
    rank: Vec<u32>,
    /// Expected milliseconds of each task, where the job says.
    expected: Vec<u32>,
    /// The classes behind each track's gates.
    by_track: Vec<Vec<ClassId>>,
    /// Classes that cannot go on before something about the job as a whole changes.
    held: Vec<ClassId>,
}

impl Agenda {
    /// Takes note of what events did.
    pub(crate) fn note(&mut self, state: &State, effects: &mut Vec<Effect>) {
        for effect in effects.drain(..) {
            if self.stale {
                continue;
            }
            match effect {
                Effect::Rebuild => self.stale = true,
                Effect::Unqueued { task, fresh } => self.unqueue(state, task, fresh),
                Effect::Requeued(at) => self.requeue(state, at),
                Effect::HostFreed { host, profile, by } => {
                    self.parking.wake_buckets(state.rules.profile(profile).buckets);
                    if let Some(job) = by {
                        self.parking.wake_job(job);
                    }
                    self.enlist_others(state, host, by);
                }
                Effect::HostChanged(host) => {
                    self.parking.wake_buckets(state.rules.buckets_of(host));
                    self.enlist_others(state, host, None);
                }
                Effect::StageOpened(job, stage) => self.open_stage(state, job, stage),
                Effect::JobAdded(job) => self.admit(state, job),
                Effect::JobChanged(job) if !state.is_unfinished(job) => self.dismiss(job),
                Effect::JobChanged(job) => self.release_held(state, job),
                Effect::Started { .. }
                | Effect::TaskTurned(_)
                | Effect::HostMarked(_)
                | Effect::StageBaking(..)
                | Effect::Settling { .. }
                | Effect::ToldSlow { .. }
                | Effect::Cancelling { .. } => {}
            }
        }
    }

    /// Events went by unseen: the queues are useless.
    pub(crate) fn forget(&mut self) {
        self.stale = true;
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.stale
    }

    /// Builds the queues anew if they are useless.
    pub(crate) fn refresh(&mut self, state: &State) {
        if self.stale {
            *self = Self::build(state);
        }
    }

    /// A host may have become startable, or startable under another rule, for jobs that wait for it.
    fn enlist_others(&mut self, state: &State, host: crate::fleet::HostId, by: Option<JobId>) {
        // The job that ran there has ended its task, and queues it anew when it is retried.
        for (job, task) in state.jobs_on(host).filter(|(job, _)| Some(job.id) != by) {
            if job.task(task).state == TaskState::Waiting
                // One that is still delayed is queued when its delay ends.
                && job.backoffs.get(&task).is_none_or(|delay| delay.until <= self.now)
            {
                self.enlist(state, (job.id, task));
            }
        }
    }

    fn requeue(&mut self, state: &State, (job, task): TaskAt) {
        match state.jobs.get(&job).and_then(|job| job.backoffs.get(&task)) {
            Some(delay) => _ = self.delayed.insert((delay.until, job, task)),
            None => self.enlist(state, (job, task)),
        }
    }

    /// Queues tasks whose delay has passed, and forgets those that wait no longer. Says which jobs had any.
    pub(crate) fn end_delays(&mut self, state: &State, now: Timestamp) -> Vec<JobId> {
        let mut jobs = Vec::new();
        self.now = now;
        while let Some(&(not_before, job, task)) = self.delayed.first() {
            let current = state.jobs.get(&job).and_then(|job| job.backoffs.get(&task));
            let waits = current.is_some_and(|delay| delay.until == not_before);
            if waits && not_before > now {
                break;
            }
            self.delayed.pop_first();
            if waits {
                jobs.push(job);
                self.enlist(state, (job, task));
            }
        }
        jobs
    }

    /// Queues a job that has just come.
    fn admit(&mut self, state: &State, id: JobId) {
        let Some(job) = state.jobs.get(&id) else { return };
        let first = self.classes.len();
        if self.by_bucket.is_none() && first > 0 {
            let mut by_bucket = vec![vec![]; state.rules.buckets().len()];
            for (class, at) in self.classes.iter().zip(0..) {
                let buckets = state.rules.profile(class.key.profile).buckets;
                buckets.iter().for_each(|bucket| by_bucket[bucket.index()].push(at));
            }
            self.by_bucket = Some(by_bucket);
        }
        self.add_job(state, job);
        for class in first..self.classes.len() {
            let buckets = state.rules.profile(self.classes[class].key.profile).buckets;
            for &bucket in buckets {
                if self.load.weigh(state, bucket) {
                    self.raise_all(state, bucket, first);
                }
            }
        }
        (first..self.classes.len()).for_each(|class| self.reopen(state, class));
    }

    /// There is more work in a bucket than before, so that all its classes before this one may be more urgent than their queues know.
    fn raise_all(&mut self, state: &State, bucket: crate::plan::BucketId, before: ClassId) {
        let Some(by_bucket) = &mut self.by_bucket else { return };
        let classes = std::mem::take(&mut by_bucket[bucket.index()]);
        for &at in &classes {
            let (at, class) = (at as ClassId, &self.classes[at as usize]);
            if at >= before || class.is_spent() {
                continue;
            }
            let lot = match class.place {
                Place::Open => None,
                Place::Parked(lot) => Some(lot),
                Place::Gate | Place::Held => continue,
            };
            let own = matches!(lot, Some(Lot::Bucket { bucket: at, .. }) if at == bucket);
            // Where another bucket is more loaded, that one decides.
            if !own && self.load.of(state, class.key.profile) == self.load.level(bucket) {
                self.queue_anew(state, at, lot);
            }
        }
        for repair in [false, true] {
            let lot = Lot::Bucket { bucket, repair };
            if self.parking.is_occupied(lot) {
                self.rebuild(state, Some(lot));
                self.parking.forget_top(lot);
            }
        }
        if let Some(by_bucket) = &mut self.by_bucket {
            by_bucket[bucket.index()] = classes;
        }
    }

    /// Forgets a job that has finished. What is left of it in the queues goes when that is three quarters of them.
    fn dismiss(&mut self, job: JobId) {
        const SLACK: usize = 1_024;
        if let Some(queues) = self.jobs.remove(&job) {
            self.parking.forget_job(job);
            let tasks = queues.class_of.len();
            self.sizes = (self.sizes.0 - tasks, self.sizes.1 + tasks);
            self.stale |= self.sizes.1 > 3 * self.sizes.0 + SLACK;
        }
    }

    /// When the next delay ends.
    pub(crate) fn next_delay(&self) -> Option<Timestamp> {
        self.delayed.first().map(|&(not_before, _, _)| not_before)
    }

    fn open_stage(&mut self, state: &State, id: JobId, stage: crate::plan::StageId) {
        let (Some(job), Some(queues)) = (state.jobs.get(&id), self.jobs.get(&id)) else {
            return;
        };
        let mut opened = Vec::new();
        for &track in job.gates.tracks_of(stage) {
            if job.gates.track_is_open(track) {
                opened.extend_from_slice(&queues.by_track[track as usize]);
            }
        }
        for class in opened {
            if self.classes[class].place == Place::Gate {
                self.reopen(state, class);
            }
        }
    }

    fn release_held(&mut self, state: &State, job: JobId) {
        let held = self
            .jobs
            .get_mut(&job)
            .map(|queues| std::mem::take(&mut queues.held))
            .unwrap_or_default();
        for class in held {
            if self.classes[class].place == Place::Held {
                self.reopen(state, class);
            }
        }
    }
}
