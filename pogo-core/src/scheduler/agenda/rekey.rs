//! Corrects all keys of a queue at once.

use super::pick::status_for;
use super::wait_queues::Queue;
use super::wait_reason::WaitReason;
use super::{Agenda, ClassId};
use crate::scheduler::state::State;

impl Agenda {
    /// Lowers all keys of a queue to the load that their buckets have by now, and drops entries that stand for nothing.
    // Otherwise every entry of a bucket whose load went down comes to the front to be corrected, at ten times the cost.
    pub(super) fn lower_keys(&mut self, state: &State, reason: Option<WaitReason>) {
        let mut entries = self.queue(reason).take();
        entries.retain_mut(|entry| {
            let class = &self.classes[entry.class()];
            entry.key.lower_load(self.load.of(state, entry.profile));
            class.status == status_for(reason) && class.ticket == entry.ticket
        });
        self.queue(reason).entries = entries.into();
    }

    /// Works out all keys of a queue, which may be greater than before, and drops entries that stand for nothing.
    pub(super) fn recompute_keys(&mut self, state: &State, reason: Option<WaitReason>) {
        let mut entries = self.queue(reason).take();
        entries.retain_mut(|entry| {
            let class = &self.classes[entry.class()];
            let stands = class.status == status_for(reason) && class.ticket == entry.ticket;
            let front = if stands { self.front(state, entry.class()) } else { None };
            front.map(|(_, key)| entry.key = key).is_some()
        });
        self.queue(reason).entries = entries.into();
    }

    /// Queues a class again in its own queue, because it is more urgent than its entry there says.
    pub(super) fn requeue_class(&mut self, state: &State, class: ClassId, reason: Option<WaitReason>) {
        // Each new job does this to the queues of its buckets: with ten thousand jobs the entries that it
        // left behind were most of the cost.
        if self.queue(reason).entries.len() <= Queue::MANY {
            self.recompute_keys(state, reason);
        } else if let Some((_, key)) = self.front(state, class) {
            let entry = self.classes[class].entry(key, class);
            let queue = self.queue(reason);
            // Its old entry has another ticket, and stands for nothing from now on.
            queue.corrected += 1;
            queue.entries.push(entry);
        }
    }
}
