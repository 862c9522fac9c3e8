//! Builds the queues from the state, and adds single tasks to them.

use std::cmp::Reverse;
use std::hash::{BuildHasher, Hasher};

use hashbrown::hash_table::Entry;
use rustc_hash::{FxBuildHasher, FxHasher};
use smallvec::SmallVec;

use super::class::{Span, TaskOrder};
use super::task_bits::TaskBits;
use super::{Agenda, Class, ClassId, ClassKey, ClassStatus, HoldQueue, JobQueues, Load, TaskHints, WaitQueues};
use crate::plan::HostOrder;
use crate::saturating::saturating_u32;
use crate::scheduler::TaskState;
use crate::scheduler::state::{Job, State, TaskAt};

impl Agenda {
    /// Builds the queues from the state.
    pub(crate) fn build(state: &State) -> Self {
        let buckets = state.rules.buckets().len();
        let mut agenda = Self {
            load: Load::new(buckets),
            wait_queues: WaitQueues::new(buckets),
            holds: HoldQueue::of(state),
            ..Self::default()
        };
        for job in state.unfinished() {
            agenda.add_job(state, job);
        }
        // Classes are most of the agenda's memory where limits are many, and a build knows how many
        // there are.
        agenda.classes.shrink_to_fit();
        // Weighed once at the end: each task changes the load of its buckets, and keys compare
        // loads of all jobs.
        agenda.load.weigh_all(state);
        for class in 0..agenda.classes.len() {
            agenda.reopen(state, class);
        }
        agenda
    }

    pub(super) fn add_job(&mut self, state: &State, job: &Job) {
        let mut queues = JobQueues {
            class_of: SmallVec::with_capacity(job.tasks.len()),
            waiting: TaskBits::with_room_for(job.tasks.len()),
            hints: TaskHints::of(state, job),
            ..JobQueues::default()
        };
        // Only where there are gates to open: a small job without stages allocates nothing here.
        if !job.stages.stages().is_empty() {
            queues.by_track.resize_with(job.stages.tracks().len(), Vec::new);
        }
        let fresh = self.classes.len();
        // Two passes: the first counts the tasks of each class, so that the second can write them
        // into one list without moving any.
        let mut queued = Vec::with_capacity(job.tasks.len());
        for task in job.positions() {
            let class = self.class_for(state, job, task, &mut queues);
            queues.class_of.push(saturating_u32(class));
            if job.task(task).state != TaskState::Waiting {
                continue;
            }
            let fresh = job.task(task).tries == 0;
            // Only what was never tried counts as work. Were retries counted, keys would rise, and
            // queues only correct keys that fall.
            if fresh {
                let profile = job.target(task).profile;
                self.load.add(state.rules.profile(profile).buckets, queues.work(task));
            }
            match job.backoffs.get(&task) {
                Some(delay) => _ = self.delayed.insert((delay.until, job.id, task)),
                None => {
                    self.classes[class].listed.end += 1;
                    queues.waiting.insert(task);
                    queues.lists_tried |= !fresh;
                    queued.push(task);
                }
            }
        }
        self.list(job, &queues, fresh, &queued);
        self.sizes.0 += job.tasks.len();
        self.jobs.insert(job.id.index(), queues);
    }

    /// Lists these tasks by their classes, the first of which is `fresh`, and which know how many are theirs.
    fn list(&mut self, job: &Job, queues: &JobQueues, fresh: ClassId, queued: &[u32]) {
        let mut end = saturating_u32(self.listed.len());
        for class in &mut self.classes[fresh..] {
            let begin = end;
            // Until here `listed.end` was the number of the class's tasks.
            end += class.listed.end;
            class.listed = Span {
                next: begin,
                end: begin,
            };
        }
        self.listed.resize(end as usize, 0);
        for &task in queued {
            let span = &mut self.classes[queues.class_of[task as usize] as usize].listed;
            self.listed[span.end as usize] = task;
            span.end += 1;
        }
        for class in &self.classes[fresh..] {
            let Span { next, end } = class.listed;
            let tasks = &mut self.listed[next as usize..end as usize];
            // A job in listed order, which is most of them, costs one comparison for each task and
            // no sort.
            if !tasks.is_sorted_by_key(|&task| queues.listed_order(job, task)) {
                tasks.sort_by_cached_key(|&task| queues.listed_order(job, task));
            }
        }
    }

    fn class_for(&mut self, state: &State, job: &Job, task: u32, queues: &mut JobQueues) -> ClassId {
        let host = job.host(task);
        let track = job.target(task).track;
        // A host that only runs elsewhere will be available again when it may start here.
        let repair = state.hosts.is_stuck(host);
        let key = ClassKey {
            job: job.id.index(),
            profile: job.target(task).profile,
            track,
            repair,
        };
        let Self {
            classes,
            by_key,
            by_bucket,
            ..
        } = self;
        // Borrowed apart: the table of keys compares and hashes through the classes.
        let is_it = |&class: &u32| classes[class as usize].key == key;
        // The table stores positions alone, so hashes are worked out from the classes: a table with
        // its own copy of each key was twice the size where there are more limits than hosts.
        let rehash = |&class: &u32| FxBuildHasher.hash_one(classes[class as usize].key);
        match by_key.entry(FxBuildHasher.hash_one(key), is_it, rehash) {
            Entry::Occupied(known) => *known.get() as usize,
            Entry::Vacant(vacant) => {
                let fresh = classes.len();
                vacant.insert(saturating_u32(fresh));
                classes.push(Class::new(key));
                if let Some(by_bucket) = by_bucket {
                    let buckets = state.rules.profile(key.profile).buckets;
                    let class = saturating_u32(fresh);
                    buckets.iter().for_each(|bucket| by_bucket[bucket.index()].push(class));
                }
                if let Some(classes) = queues.by_track.get_mut(track as usize) {
                    classes.push(fresh);
                }
                fresh
            }
        }
    }

    /// Queues a task that waits, in the class that its host is in now.
    pub(super) fn enqueue(&mut self, state: &State, (id, task): TaskAt) {
        let Some(job) = state.jobs.get(&id) else { return };
        let Some(queues) = self.jobs.get_mut(&id.index()) else {
            // The job had finished and is no longer queued.
            self.stale = true;
            return;
        };
        // Taken out for the call, because `class_for` changes the agenda's classes and the job's
        // queues at once.
        let mut queues = std::mem::take(queues);
        let class = self.class_for(state, job, task, &mut queues);
        queues.class_of[task as usize] = saturating_u32(class);
        queues.enqueue(task);
        self.classes[class]
            .late
            .insert(queues.order(job, task, job.task(task).tries));
        // The new task may come before the front that is remembered.
        self.classes[class].front = None;
        self.jobs.insert(id.index(), queues);
        self.requeue_if_startable(state, class);
    }

    /// A class has a new task, which may be more urgent than its entry says.
    fn requeue_if_startable(&mut self, state: &State, class: ClassId) {
        match self.classes[class].status {
            // If what it waits for still stops it, that is found again.
            ClassStatus::Open | ClassStatus::Waiting(_) => self.reopen(state, class),
            ClassStatus::BehindGate | ClassStatus::Held => {}
        }
    }

    /// A task waits no longer; a fresh one is no longer to be done.
    pub(super) fn dequeue(&mut self, state: &State, (id, task): TaskAt, fresh: bool) {
        let (Some(job), Some(queues)) = (state.jobs.get(&id), self.jobs.get_mut(&id.index())) else {
            return;
        };
        // The task stays in the list of its class, where it is passed over: taking it out would
        // move all tasks behind it.
        queues.waiting.remove(task);
        if fresh {
            let work = queues.work(task);
            let profile = state.rules.profile(job.target(task).profile);
            self.load.remove(state, profile.buckets, work);
        }
    }
}

impl JobQueues {
    /// The order of a task in the built list.
    pub(super) fn listed_order(&self, job: &Job, task: u32) -> TaskOrder {
        self.order(job, task, if self.lists_tried { job.task(task).tries } else { 0 })
    }

    fn order(&self, job: &Job, task: u32, tries: u16) -> TaskOrder {
        let Some(hints) = &self.hints else {
            return (tries, Reverse(0), task, task);
        };
        let balanced = job.order == HostOrder::Balanced;
        let expected = hints.expected(task).filter(|_| balanced).unwrap_or(0);
        // The task itself comes last, so that no two orders are equal and a replay breaks ties
        // alike.
        (tries, Reverse(expected), hints.rank(task).unwrap_or(task), task)
    }

    fn enqueue(&mut self, task: u32) {
        self.waiting.insert(task);
        self.late.insert(task);
    }

    pub(super) fn is_waiting(&self, task: u32) -> bool {
        self.waiting.contains(task)
    }

    pub(super) fn is_late(&self, task: u32) -> bool {
        self.late.contains(task)
    }

    pub(super) fn work(&self, task: u32) -> u32 {
        let expected = self.hints.as_ref().and_then(|hints| hints.expected(task));
        expected.unwrap_or(Load::UNKNOWN)
    }
}

impl TaskHints {
    fn of(state: &State, job: &Job) -> Option<Box<Self>> {
        let (rank, expected) = (ranks(job), expected(state, job));
        let says_nothing = rank.is_empty() && expected.is_empty();
        (!says_nothing).then(|| Box::new(Self { rank, expected }))
    }

    fn rank(&self, task: u32) -> Option<u32> {
        self.rank.get(task as usize).copied()
    }

    fn expected(&self, task: u32) -> Option<u32> {
        self.expected.get(task as usize).copied()
    }
}

/// Each task's position in a shuffled order; empty for the listed order.
fn ranks(job: &Job) -> Vec<u32> {
    if job.order != HostOrder::Shuffled {
        return vec![];
    }
    let mut order: Vec<u32> = job.positions().collect();
    // Drawn from the seed by a hash: the core has no random source, and a replay has to find the
    // same order.
    order.sort_by_cached_key(|&task| {
        let mut hasher = FxHasher::default();
        hasher.write_u64(job.spec.seed);
        hasher.write_u32(task);
        (hasher.finish(), task)
    });
    let mut ranks = vec![0; order.len()];
    (0..).zip(order).for_each(|(rank, task)| ranks[task as usize] = rank);
    ranks
}

/// Expected milliseconds of each task; empty when the job says nothing.
fn expected(state: &State, job: &Job) -> Vec<u32> {
    if job.spec.expected.is_empty() {
        return vec![];
    }
    let mut expected = vec![Load::UNKNOWN; job.tasks.len()];
    for expectation in &job.spec.expected {
        let millis = saturating_u32(expectation.time.as_millis());
        // Judged when the job was submitted; a host that left the fleet since then needs no estimate.
        for host in state.fleet.resolve(&expectation.hosts).unwrap_or_default() {
            if let Some(task) = job.task_of(host) {
                expected[task as usize] = millis;
            }
        }
    }
    expected
}
