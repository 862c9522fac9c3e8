//! Finding the next task to start.

use std::collections::binary_heap::PeekMut;

use super::class::Front;
use super::park::Lot;
use super::{Agenda, ClassId, Key, Place};
use crate::scheduler::admission::{admit, usages};
use crate::scheduler::state::{Job, State, TaskAt, TaskState};

/// Why a class cannot start its next task.
enum Stop {
    Park(Lot),
    Gate,
    Held,
}

impl Agenda {
    /// The most urgent task that may start now, taken out of its queue. Starting it is up to the caller.
    pub(crate) fn pick(&mut self, state: &State) -> Option<TaskAt> {
        loop {
            let (class, source) = self.most_urgent(state)?;
            match self.stop(state, class) {
                None => {
                    self.remove_from(source);
                    let (task, _) = self.front(state, class)?;
                    self.pop_front(class);
                    self.classes[class].place = Place::Empty;
                    self.reopen(state, class);
                    return Some((self.classes[class].key.job, task));
                }
                // Still stopped by what it was parked at: so is everything behind it.
                Some(Stop::Park(lot)) if source == Some(lot) => self.sleep(lot),
                Some(stop) => {
                    self.remove_from(source);
                    self.put_away(state, class, stop);
                }
            }
        }
    }

    /// The most urgent class among those that may be able to start, and where it is queued.
    fn most_urgent(&mut self, state: &State) -> Option<(ClassId, Option<Lot>)> {
        let mut best: Option<(Key, ClassId, Option<Lot>)> =
            self.top(state, None).map(|(key, class)| (key, class, None));
        let mut at = 0;
        while let Some(&lot) = self.parking.awake().get(at) {
            match self.top(state, Some(lot)) {
                None => self.parking.sleep(at),
                Some((key, class)) => {
                    if best.is_none_or(|(best, ..)| key > best) {
                        best = Some((key, class, Some(lot)));
                    }
                    at += 1;
                }
            }
        }
        best.map(|(_, class, lot)| (class, lot))
    }

    /// The front of one queue, once keys that have decreased are put right and leftovers are gone.
    fn top(&mut self, state: &State, lot: Option<Lot>) -> Option<(Key, ClassId)> {
        loop {
            let queue = match lot {
                Some(lot) => self.parking.queue(lot),
                None => &mut self.open,
            };
            let &(old, class, ticket) = queue.peek()?;
            let entry = &self.classes[class];
            let current = if entry.place == place(lot) && entry.ticket == ticket {
                self.front(state, class)
            } else {
                None
            };
            let queue = match lot {
                Some(lot) => self.parking.queue(lot),
                None => &mut self.open,
            };
            let mut top = queue.peek_mut()?;
            match current {
                Some((_, key)) if key == old => return Some((key, class)),
                Some((_, key)) => *top = (key, class, ticket),
                None => {
                    PeekMut::pop(top);
                    self.empty_if_drained(state, class);
                }
            }
        }
    }

    fn empty_if_drained(&mut self, state: &State, class: ClassId) {
        if self.front(state, class).is_none() {
            self.classes[class].place = Place::Empty;
        }
    }

    fn remove_from(&mut self, source: Option<Lot>) {
        match source {
            Some(lot) => self.parking.queue(lot).pop(),
            None => self.open.pop(),
        };
    }

    fn sleep(&mut self, lot: Lot) {
        if let Some(at) = self.parking.awake().iter().position(|awake| *awake == lot) {
            self.parking.sleep(at);
        }
    }

    /// What stops the class's next task, if anything does.
    fn stop(&self, state: &State, class: ClassId) -> Option<Stop> {
        let key = self.classes[class].key;
        let job = state.jobs.get(&key.job)?;
        let overridden = job.spec.override_constraints.is_some();
        if !job.status.may_start() {
            return Some(Stop::Held);
        }
        let budgets = &state.rules.profile(key.profile).budgets;
        if budgets
            .iter()
            .any(|budget| job.budgets.get(budget).is_some_and(|budget| budget.is_exceeded()))
        {
            return Some(Stop::Held);
        }
        if !overridden && !job.gates.track_is_open(key.track) {
            return Some(Stop::Gate);
        }
        if job.is_at_max_parallel() {
            return Some(Stop::Park(Lot::Job(key.job)));
        }
        if overridden {
            return None;
        }
        let bucket = admit(usages(state, key.profile), key.repair).err()?.bucket;
        Some(Stop::Park(Lot::Bucket {
            bucket,
            repair: key.repair,
        }))
    }

    fn put_away(&mut self, state: &State, class: ClassId, stop: Stop) {
        match stop {
            Stop::Gate => self.classes[class].place = Place::Gate,
            Stop::Held => {
                self.classes[class].place = Place::Held;
                let job = self.classes[class].key.job;
                if let Some(queues) = self.jobs.get_mut(&job) {
                    queues.held.push(class);
                }
            }
            Stop::Park(lot) => {
                self.classes[class].place = place(Some(lot));
                if let Some((_, key)) = self.front(state, class) {
                    self.parking.park(lot, self.classes[class].entry(key, class));
                }
            }
        }
    }

    /// Puts a class among those that may be able to start.
    pub(super) fn reopen(&mut self, state: &State, class: ClassId) {
        match self.front(state, class) {
            Some((_, key)) => {
                self.classes[class].place = Place::Open;
                self.open.push(self.classes[class].entry(key, class));
            }
            None => self.classes[class].place = Place::Empty,
        }
    }

    /// The first task of the class that still waits for its turn.
    pub(super) fn first_waiting(&mut self, state: &State, job: &Job, class: ClassId) -> Option<Front> {
        let queues = self.jobs.get(&job.id)?;
        let now = self.now;
        let entry = &mut self.classes[class];
        let waits = |task: u32| {
            job.task(task).state == TaskState::Waiting
                && queues.class_of[task as usize] as usize == class
                && state.host(job.host(task)).lease.is_none()
                && (job.backoffs.is_empty() || job.backoffs.get(&task).is_none_or(|&until| until <= now))
        };
        if entry.front.is_some_and(|front| waits(front.task)) {
            return entry.front;
        }
        let listed = |task: u32| !queues.enlisted[task as usize] && waits(task);
        while entry.listed.get(entry.next).is_some_and(|&task| !listed(task)) {
            entry.next += 1;
        }
        // A task that was tried since it was queued is queued once more, behind those that were not.
        let late = |tries: u16, task: u32| tries == job.task(task).tries && waits(task);
        while entry.late.first().is_some_and(|&(tries, .., task)| !late(tries, task)) {
            entry.late.pop_first();
        }
        let listed = entry.listed.get(entry.next).map(|&task| queues.order(job, task));
        let first = listed.into_iter().chain(entry.late.first().copied()).min();
        entry.front = first.map(|order| Front { task: order.3, order });
        entry.front
    }

    fn pop_front(&mut self, class: ClassId) {
        let entry = &mut self.classes[class];
        let Some(front) = entry.front.take() else { return };
        if entry.late.first() == Some(&front.order) {
            entry.late.pop_first();
        } else {
            entry.next += 1;
        }
    }
}

fn place(lot: Option<Lot>) -> Place {
    match lot {
        None => Place::Open,
        Some(Lot::Bucket { bucket, .. }) => Place::Bucket(bucket),
        Some(Lot::Job(_)) => Place::Job,
    }
}
