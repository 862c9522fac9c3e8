//! Putting the keys of a queue right all at once.

use super::lot::Lot;
use super::park::Queue;
use super::pick::place;
use super::{Agenda, ClassId};
use crate::scheduler::state::State;

impl Agenda {
    /// Lowers all keys of a queue to what its buckets are loaded by now, and drops leftovers. When a bucket is less loaded than
    /// before, every entry would come to the front to be put right, at ten times the cost.
    pub(super) fn lower(&mut self, state: &State, lot: Option<Lot>) {
        let mut entries = self.queue(lot).take();
        entries.retain_mut(|entry| {
            let class = &self.classes[entry.class()];
            entry.key.lower_load(self.load.of(state, entry.profile));
            class.place == place(lot) && class.ticket == entry.ticket
        });
        self.queue(lot).heap = entries.into();
    }

    /// The same, where keys may be greater than before.
    pub(super) fn rebuild(&mut self, state: &State, lot: Option<Lot>) {
        let mut entries = self.queue(lot).take();
        entries.retain_mut(|entry| {
            let class = &self.classes[entry.class()];
            let stands = class.place == place(lot) && class.ticket == entry.ticket;
            let front = if stands { self.front(state, entry.class()) } else { None };
            front.map(|(_, key)| entry.key = key).is_some()
        });
        self.queue(lot).heap = entries.into();
    }

    /// Queues a class where it is, which is more urgent than its queue knows.
    pub(super) fn queue_anew(&mut self, state: &State, class: ClassId, lot: Option<Lot>) {
        if self.queue(lot).heap.len() <= Queue::MANY {
            self.rebuild(state, lot);
        } else if let Some((_, key)) = self.front(state, class) {
            let entry = self.classes[class].entry(key, class);
            let queue = self.queue(lot);
            // The entry that it had is a leftover now.
            queue.corrected += 1;
            queue.heap.push(entry);
        }
        lot.into_iter().for_each(|lot| self.parking.forget_top(lot));
    }
}
