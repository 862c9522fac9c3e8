//! Which task starts next: queues over the state, kept up to date by the effects of events.
//!
//! Hosts under the same limits and behind the same gates are one [`Class`] and wait in one queue, so that the work
//! done for a free slot depends on how many *kinds* of hosts wait for it, not on how many hosts. A class whose next
//! host cannot start waits in the queue of one reason (a full bucket, say) and is looked at again when that is gone:
//! waiting for all its reasons at once was tried, and cost more than it saved. Any other class is in `open`.
//!
//! The agenda is scratch space: it holds nothing that cannot be computed from the state, and decides the same
//! whether it was kept up to date or built afresh.

mod build;
mod class;
mod front;
mod hold_queue;
mod key;
mod load;
mod pick;
mod priority_queue;
mod rehearsal;
mod rekey;
mod task_bits;
mod wait_queues;
mod wait_reason;

use std::collections::BTreeSet;

use hashbrown::HashTable;
use smallvec::SmallVec;

pub(crate) use class::{Class, ClassId, ClassKey, ClassStatus};
use hold_queue::HoldQueue;
pub(crate) use key::Key;
pub(crate) use load::Load;
pub(crate) use pick::Pick;
pub(in crate::scheduler) use rehearsal::rehearsed_order;
use task_bits::TaskBits;
use wait_queues::Queue;
pub(crate) use wait_queues::WaitQueues;
use wait_reason::WaitReason;

use super::collections::FastMap;
use super::ids::JobIndex;
use super::state::{Effect, State, TaskAt};
use super::{JobId, TaskState};
use crate::Timestamp;

/// Queues of waiting tasks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Agenda {
    classes: Vec<Class>,
    /// The tasks of each class, in order, one class after the other.
    // One list for all: where racks are small there are nearly as many classes as hosts, and a list of its
    // own was an allocation for each.
    listed: Vec<u32>,
    /// The positions of classes by their keys, which the classes themselves have.
    by_key: HashTable<u32>,
    jobs: FastMap<JobIndex, JobQueues>,
    load: Load,
    wait_queues: WaitQueues,
    open: Queue,
    /// The classes of each bucket, once more than one job has any.
    by_bucket: Option<Vec<Vec<u32>>>,
    /// How many tasks the queues list of jobs that are unfinished, and of others.
    sizes: (usize, usize),
    /// Tasks whose delay has not passed.
    delayed: BTreeSet<(Timestamp, JobId, u32)>,
    holds: HoldQueue,
    now: Timestamp,
    stale: bool,
}

/// What the agenda keeps for one job.
// What each start looks at comes first, and in small jobs is here and nowhere else.
#[derive(Debug, Clone, Default)]
#[repr(C)]
struct JobQueues {
    /// Tasks that wait in a queue. The state says so too, but not in a bit for each.
    waiting: TaskBits,
    /// Tasks that were queued after the queues were built, so that their positions in the list are out of date. Empty
    /// while there are none.
    late: TaskBits,
    /// Where the job says more of its tasks than the order in which they are listed.
    hints: Option<Box<TaskHints>>,
    /// Whether any of the tasks that are listed was tried before.
    lists_tried: bool,
    /// The class of each task.
    class_of: SmallVec<[u32; 4]>,
    /// The classes behind each track's gates; of no track where the job has no stages.
    by_track: Vec<Vec<ClassId>>,
    /// Classes that cannot go on before something about the job as a whole changes.
    held: Vec<ClassId>,
}

/// What a job says of its tasks.
#[derive(Debug, Clone)]
struct TaskHints {
    /// Position in the order of the job, where that is not the listed order.
    rank: Vec<u32>,
    /// Expected milliseconds of each task, where the job says.
    expected: Vec<u32>,
}

impl Agenda {
    /// Brings the queues up to date with what events changed.
    pub(crate) fn note(&mut self, state: &State, effects: &mut Vec<Effect>) {
        for effect in effects.drain(..) {
            // They are built again before the next pick, from a state that has this change already.
            if self.stale {
                continue;
            }
            match effect {
                Effect::Rebuild => self.stale = true,
                Effect::Dequeued { task, fresh } => self.dequeue(state, task, fresh),
                Effect::Requeued(at) => self.requeue(state, at),
                Effect::HostFreed { host, profile, by } => {
                    let buckets = state.rules.profile(profile).buckets;
                    self.wait_queues.wake_buckets(buckets);
                    self.holds.wake(buckets);
                    self.holds.touch(state, host);
                    if let Some(job) = by {
                        self.wait_queues.wake_job(job.index());
                    }
                    self.enqueue_others(state, host, by);
                }
                Effect::HostChanged(host) => {
                    self.wait_queues.wake_buckets(state.rules.buckets_of(host));
                    self.holds.touch(state, host);
                    self.enqueue_others(state, host, None);
                }
                Effect::HostMarked(host) | Effect::HoldsChanged(host) => self.holds.touch(state, host),
                Effect::StageOpened(job, stage) => self.open_stage(state, job, stage),
                Effect::JobAdded(job) => self.insert_job(state, job),
                // A finished job that is retried or reopened comes back by a rebuild.
                Effect::JobChanged(job) if !state.is_unfinished(job) => self.remove_job(job),
                Effect::JobChanged(job) => self.release_held(state, job),
                Effect::Started { .. }
                | Effect::TaskTurned(_)
                | Effect::StageBaking(..)
                | Effect::Settling { .. }
                | Effect::ReportedSlow { .. }
                | Effect::Cancelling { .. } => {}
            }
        }
    }

    /// Events were applied without [`note`](Self::note), so the queues have to be built again.
    pub(crate) fn forget(&mut self) {
        self.stale = true;
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.stale
    }

    /// Builds the queues again if events were applied without them.
    pub(crate) fn refresh(&mut self, state: &State) {
        if self.stale {
            *self = Self::build(state);
        }
    }

    /// A host may have become startable, or startable under another rule, for jobs that wait for it.
    fn enqueue_others(&mut self, state: &State, host: crate::fleet::HostId, by: Option<JobId>) {
        // The job that ran there has ended its task, and queues it again when it is retried.
        for (job, task) in state.others_on(host, by) {
            if job.task(task).state == TaskState::Waiting
                // One that is still delayed is queued when its delay ends.
                && job.backoffs.get(&task).is_none_or(|delay| delay.until <= self.now)
            {
                self.enqueue(state, (job.id, task));
            }
        }
    }

    fn requeue(&mut self, state: &State, (job, task): TaskAt) {
        match state.jobs.get(&job).and_then(|job| job.backoffs.get(&task)) {
            Some(delay) => _ = self.delayed.insert((delay.until, job, task)),
            None => self.enqueue(state, (job, task)),
        }
    }

    /// Queues tasks whose delay has passed, and forgets those that wait no longer. Says which jobs had any.
    pub(crate) fn end_delays(&mut self, state: &State, now: Timestamp) -> Vec<JobId> {
        let mut jobs = Vec::new();
        self.now = now;
        while let Some(&(not_before, job, task)) = self.delayed.first() {
            // A delay that was cut short or replaced leaves its entry here: the state says which one counts.
            let current = state.jobs.get(&job).and_then(|job| job.backoffs.get(&task));
            let waits = current.is_some_and(|delay| delay.until == not_before);
            if waits && not_before > now {
                break;
            }
            self.delayed.pop_first();
            if waits {
                jobs.push(job);
                self.enqueue(state, (job, task));
            }
        }
        jobs
    }

    /// Queues the tasks of a job that was just submitted.
    fn insert_job(&mut self, state: &State, id: JobId) {
        let Some(job) = state.jobs.get(&id) else { return };
        let first = self.classes.len();
        if self.by_bucket.is_none() && first > 0 {
            // Only another job makes a class more urgent, so a job that is alone does without this table.
            let mut by_bucket = vec![vec![]; state.rules.buckets().len()];
            for (class, at) in self.classes.iter().zip(0..) {
                let buckets = state.rules.profile(class.key.profile).buckets;
                buckets.iter().for_each(|bucket| by_bucket[bucket.index()].push(at));
            }
            self.by_bucket = Some(by_bucket);
        }
        // Its work counts before urgencies are compared: the buckets that it shares are more loaded from now on.
        self.add_job(state, job);
        for class in first..self.classes.len() {
            let buckets = state.rules.profile(self.classes[class].key.profile).buckets;
            for &bucket in buckets {
                if self.load.weigh(state, bucket) {
                    self.raise_urgency(state, bucket, first);
                }
            }
        }
        (first..self.classes.len()).for_each(|class| self.reopen(state, class));
    }

    /// A bucket has more work than before, so its classes before this one may be more urgent than their entries say.
    // Only what another job adds makes a class more urgent; everything else only lowers
    // keys, which queues correct lazily.
    fn raise_urgency(&mut self, state: &State, bucket: crate::plan::BucketId, before: ClassId) {
        let Some(by_bucket) = &mut self.by_bucket else { return };
        // Taken out and put back below, since queueing a class again needs the whole agenda.
        let classes = std::mem::take(&mut by_bucket[bucket.index()]);
        for &at in &classes {
            let (at, class) = (at as ClassId, &self.classes[at as usize]);
            if at >= before || class.is_spent() {
                continue;
            }
            let reason = match class.status {
                ClassStatus::Open => None,
                ClassStatus::Waiting(reason) => Some(reason),
                ClassStatus::BehindGate | ClassStatus::Held => continue,
            };
            let own = matches!(reason, Some(WaitReason::Bucket { bucket: at, .. }) if at == bucket);
            // Where another bucket of the class is more loaded, that one decides its key.
            if !own && self.load.of(state, class.key.profile) == self.load.level(bucket) {
                self.requeue_class(state, at, reason);
            }
        }
        for repair in [false, true] {
            let reason = WaitReason::Bucket { bucket, repair };
            if self.wait_queues.is_occupied(reason) {
                self.recompute_keys(state, Some(reason));
            }
        }
        if let Some(by_bucket) = &mut self.by_bucket {
            by_bucket[bucket.index()] = classes;
        }
    }

    /// Forgets a job that has finished. Its tasks stay in the lists until such tasks are three quarters of them.
    // Taking them out at once would cost a pass over every queue for each job that ends.
    fn remove_job(&mut self, job: JobId) {
        // Small agendas are never built anew for this: it would cost more than the tasks that they
        // keep.
        const SLACK: usize = 1_024;
        if let Some(queues) = self.jobs.remove(&job.index()) {
            self.wait_queues.forget_job(job.index());
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
        let (Some(job), Some(queues)) = (state.jobs.get(&id), self.jobs.get(&id.index())) else {
            return;
        };
        // A track may be behind several gates, and this one may not be the last of them to open.
        let mut opened = Vec::new();
        for &track in job.gates.tracks_of(stage) {
            if job.gates.track_is_open(track) {
                opened.extend_from_slice(&queues.by_track[track as usize]);
            }
        }
        for class in opened {
            if self.classes[class].status == ClassStatus::BehindGate {
                self.reopen(state, class);
            }
        }
    }

    fn release_held(&mut self, state: &State, job: JobId) {
        let held = self
            .jobs
            .get_mut(&job.index())
            .map(|queues| std::mem::take(&mut queues.held))
            .unwrap_or_default();
        for class in held {
            if self.classes[class].status == ClassStatus::Held {
                self.reopen(state, class);
            }
        }
    }
}
