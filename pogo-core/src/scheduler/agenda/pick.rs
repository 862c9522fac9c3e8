//! Finds the next task to start.

use super::class::{Entry, Front, Span};
use super::wait_queues::{Queue, WokenQueue};
use super::wait_reason::WaitReason;
use super::{Agenda, ClassId, ClassStatus, Key};
use crate::fleet::{HostId, HostName};
use crate::scheduler::limits::{admit, has_room};
use crate::scheduler::state::{Job, State, TaskAt};

/// What comes next.
#[derive(Debug, PartialEq)]
pub(crate) enum Pick {
    /// A task starts.
    Task(TaskAt, HostName),
    /// A host is held for whoever is first in line.
    Hold(HostId),
}

impl Agenda {
    /// The most urgent of all tasks that may start now and of all holds that may be in force. A task is taken out of
    /// its queue; starting it, and holding a host, is up to the caller.
    pub(crate) fn pick(&mut self, state: &State) -> Option<Pick> {
        loop {
            let task = self.most_urgent(state);
            // Asked at each turn: a start that was just decided may have taken the slot that the
            // hold was to get.
            let hold = self.holds.next(state, &self.load);
            let comes_first = |(key, _): (Key, _)| task.is_none_or(|((of_task, _), _)| key > of_task);
            if let Some((_, host)) = hold.filter(|&hold| comes_first(hold)) {
                return Some(Pick::Hold(host));
            }
            let Some(((key, class), source)) = task else {
                // Nothing more can start, so what a burst of submissions has allocated can go.
                self.open.entries.tidy();
                return None;
            };
            match self.blocked_by(state, class) {
                None => {
                    return self
                        .take(state, class, source)
                        .map(|(task, host)| Pick::Task(task, host));
                }
                Some(status) => self.set_waiting((key, class), source, status),
            }
        }
    }

    /// Takes the next task out of a class at the front of a queue. The class stays in that queue, for its task after
    /// that.
    fn take(&mut self, state: &State, class: ClassId, source: Option<WaitReason>) -> Option<(TaskAt, HostName)> {
        let task = self.pop_front(class)?;
        let (id, job) = state.jobs.at(self.classes[class].key.job)?;
        // Fetched before the next task is looked for: a processor waits for both at once.
        let name = job.name(task).clone();
        let next = self.front(state, class);
        let entry = next.map(|(_, key)| self.classes[class].entry(key, class));
        // Written over in place, not popped and pushed: most of the time the next host of a
        // class waits for the same thing.
        let queue = self.queue(source);
        match entry {
            Some(entry) => queue.entries.replace_first(entry),
            None => _ = queue.entries.pop(),
        }
        Some(((id, task), name))
    }

    pub(super) fn queue(&mut self, reason: Option<WaitReason>) -> &mut Queue {
        match reason {
            Some(reason) => self.wait_queues.queue(reason),
            None => &mut self.open,
        }
    }

    /// The most urgent class among those that may be able to start, and where it is queued.
    fn most_urgent(&mut self, state: &State) -> Option<((Key, ClassId), Option<WaitReason>)> {
        // Fronts are remembered from one start to the next, and only the best of them has to be true: looking each up
        // anew costs a look for every queue that a freed slot has woken.
        let open = self.top(state, None);
        self.wait_queues
            .woken()
            .iter_mut()
            .for_each(|woken| woken.is_current = false);
        self.look_up_tops(state);
        loop {
            let woken = self.wait_queues.woken().iter_mut();
            let best = woken.filter(|woken| woken.top.is_some()).max_by_key(|woken| woken.top);
            let (best, found) = match (best.and_then(|best| Some((best.top?, best))), open) {
                (Some(((key, _), _)), Some(open)) if open.0 >= key => return Some((open, None)),
                (None, open) => return open.map(|open| (open, None)),
                (Some((top, best)), _) => (best, top),
            };
            let reason = best.reason;
            if best.is_current {
                return Some((found, Some(reason)));
            }
            // What was looked up a while ago may be less urgent by now.
            let current = self.top(state, Some(reason));
            if current == Some(found) {
                return Some((found, Some(reason)));
            }
            if let Some(woken) = self.wait_queues.woken().iter_mut().find(|woken| woken.reason == reason) {
                (woken.top, woken.is_current) = (current, true);
            }
        }
    }

    /// Finds the front of every woken queue. Those that have none, or whose bucket is full again, sleep again.
    fn look_up_tops(&mut self, state: &State) {
        let mut at = 0;
        while let Some(&WokenQueue { reason, top, .. }) = self.wait_queues.woken().get(at) {
            let looked_up = match top {
                _ if !reason.has_room(state) => None,
                Some(top) => Some((top, false)),
                None => self.top(state, Some(reason)).map(|top| (top, true)),
            };
            match looked_up {
                Some((top, is_current)) => {
                    self.wait_queues.woken()[at] = WokenQueue {
                        reason,
                        top: Some(top),
                        is_current,
                    };
                    at += 1;
                }
                // The order of woken queues does not matter: the greatest front is looked for among
                // all of them.
                None => _ = self.wait_queues.woken().swap_remove(at),
            }
        }
    }

    /// The front of one queue, after correcting keys that have decreased and dropping entries that stand for nothing.
    fn top(&mut self, state: &State, reason: Option<WaitReason>) -> Option<(Key, ClassId)> {
        loop {
            // Corrected at the front alone: keys only fall, so whatever is true there is the
            // greatest of all.
            let first = *self.queue(reason).entries.peek()?;
            let key = self.corrected_key(state, reason, first);
            if key == Some(first.key) {
                return Some((first.key, first.class()));
            }
            let queue = self.queue(reason);
            let entry = key.map(|key| first.with_key(key));
            // When a load falls, an entry goes from the front to behind all others. That costs the same here as among
            // all of them, and counting it would lead to correcting all at once.
            if !queue.is_out_of_date() && entry.is_some_and(|entry| queue.entries.move_first_to_end(entry)) {
                continue;
            }
            queue.corrected += 1;
            if queue.is_out_of_date() {
                self.lower_keys(state, reason);
                continue;
            }
            match entry {
                Some(entry) => queue.entries.replace_first(entry),
                None => _ = queue.entries.pop(),
            }
        }
    }

    /// A key between the entry's own and the true one: the former only if it is true. `None` if the entry stands for
    /// nothing.
    fn corrected_key(&mut self, state: &State, reason: Option<WaitReason>, entry: Entry) -> Option<Key> {
        let load = self.load.of(state, entry.profile);
        let mut key = entry.key;
        key.lower_load(load);
        // Most keys are too great by their load alone, and then class, job and task are not asked: where there are many
        // jobs, each is a fetch from memory.
        if key != entry.key {
            return Some(key);
        }
        let class = &self.classes[entry.class()];
        let stands = class.status == status_for(reason) && class.ticket == entry.ticket;
        let front = stands.then(|| self.front_under(state, entry.class(), load))?;
        front.map(|(_, key)| key)
    }

    /// Where the class has to wait, if anything keeps its next task from starting.
    // What lasts longest is asked first: a class that waits behind a gate is not woken by
    // each slot that is freed meanwhile.
    fn blocked_by(&self, state: &State, class: ClassId) -> Option<ClassStatus> {
        let key = self.classes[class].key;
        let (_, job) = state.jobs.at(key.job)?;
        if !job.status.may_start() {
            return Some(ClassStatus::Held);
        }
        let budgets = state.rules.profile(key.profile).budgets;
        if budgets
            .iter()
            .any(|budget| job.budgets.get(budget).is_some_and(|budget| budget.is_exceeded()))
        {
            return Some(ClassStatus::Held);
        }
        if !job.is_unbound && !job.gates.track_is_open(key.track) {
            return Some(ClassStatus::BehindGate);
        }
        // Before buckets: where the job itself is full, a freed slot of a bucket would wake the
        // class in vain.
        if job.is_at_max_parallel() {
            return Some(ClassStatus::Waiting(WaitReason::Job(key.job)));
        }
        if job.is_unbound {
            return None;
        }
        let bucket = admit(state.usages(key.profile), key.repair).err()?.bucket;
        Some(ClassStatus::Waiting(WaitReason::Bucket {
            bucket,
            repair: key.repair,
        }))
    }

    /// Moves a class that cannot start from the front of its queue to where it waits.
    fn set_waiting(&mut self, (key, class): (Key, ClassId), source: Option<WaitReason>, status: ClassStatus) {
        self.queue(source).entries.pop();
        self.classes[class].status = status;
        match status {
            // `open_stage` finds them by their track.
            ClassStatus::Open | ClassStatus::BehindGate => {}
            ClassStatus::Held => {
                let job = self.classes[class].key.job;
                if let Some(queues) = self.jobs.get_mut(&job) {
                    queues.held.push(class);
                }
            }
            ClassStatus::Waiting(reason) => {
                self.wait_queues.push(reason, self.classes[class].entry(key, class));
            }
        }
    }

    /// Puts a class among those that may be able to start.
    pub(super) fn reopen(&mut self, state: &State, class: ClassId) {
        self.classes[class].status = ClassStatus::Open;
        if let Some((_, key)) = self.front(state, class) {
            self.open.entries.push(self.classes[class].entry(key, class));
        }
    }

    /// The first task of the class that still waits for its turn.
    pub(super) fn first_waiting(&mut self, state: &State, job: &Job, class: ClassId) -> Option<Front> {
        let queues = self.jobs.get(&self.classes[class].key.job)?;
        // A task that waits is alone on its host, unless another job runs there.
        let alone = self.jobs.len() == 1;
        let entry = &mut self.classes[class];
        let waits = |task: u32| {
            queues.is_waiting(task)
                && (alone || !state.hosts.is_leased(job.host(task)))
                // Thawing and a new fleet rebuild the queues, and the end of a hold queues its host again, so that
                // tasks which are skipped here are found.
                && !state.is_barred(job, job.host(task))
        };
        let late_here = |task: u32| queues.is_late(task) && queues.class_of[task as usize] as usize == class;
        let here = |front: Front| {
            if front.listed {
                !queues.is_late(front.task())
            } else {
                late_here(front.task())
            }
        };
        if entry.front.is_some_and(|front| here(front) && waits(front.task())) {
            return entry.front;
        }
        // A host that left its queue as a repair and is marked up again must not get its old turn back: queues that are
        // built afresh do not know of it, and a restored scheduler would decide otherwise.
        let listed = |task: u32| !queues.is_late(task) && waits(task);
        let Span { next, end } = &mut entry.listed;
        // Never goes back: tasks that are passed over here and wait again later are queued as late
        // ones.
        while next < end && !listed(self.listed[*next as usize]) {
            *next += 1;
        }
        let listed = (next < end).then(|| queues.listed_order(job, self.listed[*next as usize]));
        // A task that was tried since it was queued is queued once more, behind those that were not.
        let late = |tries: u16, task: u32| tries == job.task(task).tries && late_here(task) && waits(task);
        while entry.late.first().is_some_and(|(tries, .., task)| !late(tries, task)) {
            entry.late.pop_first();
        }
        let late = entry.late.first();
        let first = listed.into_iter().chain(late).min();
        entry.front = first.map(|order| Front {
            order,
            listed: late != Some(order),
        });
        entry.front
    }

    fn pop_front(&mut self, class: ClassId) -> Option<u32> {
        let entry = &mut self.classes[class];
        let front = entry.front.take()?;
        if front.listed {
            entry.listed.next += 1;
        } else {
            entry.late.pop_first();
        }
        Some(front.task())
    }
}

impl WaitReason {
    /// Whether it may be gone, as far as that is known without a look at who waits.
    fn has_room(self, state: &State) -> bool {
        match self {
            Self::Bucket { bucket, repair } => has_room(state.usage[bucket.index()], repair),
            Self::Job(job) => state.jobs.at(job).is_some_and(|(_, job)| !job.is_at_max_parallel()),
        }
    }
}

pub(super) fn status_for(reason: Option<WaitReason>) -> ClassStatus {
    match reason {
        None => ClassStatus::Open,
        Some(reason) => ClassStatus::Waiting(reason),
    }
}
