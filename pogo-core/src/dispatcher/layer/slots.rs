//! Slots that are given out in the order of asking.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use futures::channel::oneshot;

/// A number of slots.
// Not the semaphore of a library: those for any executor let late comers pass, and one host could wait for ever.
#[derive(Debug)]
pub(super) struct Slots(Mutex<SlotQueue>);

#[derive(Debug)]
struct SlotQueue {
    free: usize,
    /// Nobody waits while a slot is free.
    waiting: VecDeque<oneshot::Sender<Slot>>,
}

/// A slot; free again when it is dropped.
#[derive(Debug)]
pub(super) struct Slot(Option<Arc<Slots>>);

impl Slots {
    pub(super) fn new(slots: NonZeroUsize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(SlotQueue {
            free: slots.get(),
            waiting: VecDeque::new(),
        })))
    }

    /// Waits for a slot. Whoever stops waiting gives up the turn.
    pub(super) async fn acquire(self: &Arc<Self>) -> Slot {
        let (sender, receiver) = oneshot::channel();
        self.give(Some(sender));
        match receiver.await {
            Ok(slot) => slot,
            // The queue lives as long as `self`, and drops no sender.
            Err(oneshot::Canceled) => futures::future::pending().await,
        }
    }

    /// Hands a slot to whoever is next: one that was free, or, without anybody new, one that becomes free.
    fn give(self: &Arc<Self>, new: Option<oneshot::Sender<Slot>>) {
        let mut next = {
            let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            queue.free += usize::from(new.is_none());
            queue.waiting.extend(new);
            queue.next()
        };
        // Outside of the lock: a slot that nobody takes comes back through here.
        while let Some(sender) = next {
            let Err(mut slot) = sender.send(Slot(Some(Arc::clone(self)))) else {
                return;
            };
            slot.0 = None;
            let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            queue.free += 1;
            next = queue.next();
        }
    }
}

impl SlotQueue {
    fn next(&mut self) -> Option<oneshot::Sender<Slot>> {
        let free = self.free.checked_sub(1)?;
        let next = self.waiting.pop_front()?;
        self.free = free;
        Some(next)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(slots) = self.0.take() {
            slots.give(None);
        }
    }
}
