//! A fair semaphore.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use futures::channel::oneshot;

/// A number of slots.
// Not a library's semaphore: executor-independent ones let later callers pass, and one host could wait for ever.
#[derive(Debug)]
pub(super) struct Slots(Mutex<SlotQueue>);

#[derive(Debug)]
struct SlotQueue {
    free: usize,
    /// Empty while a slot is free.
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

    /// Waits for a slot. Dropping the future gives up the turn.
    pub(super) async fn acquire(self: &Arc<Self>) -> Slot {
        let (sender, receiver) = oneshot::channel();
        self.give(Some(sender));
        match receiver.await {
            Ok(slot) => slot,
            // The queue lives as long as `self`, and drops no sender.
            Err(oneshot::Canceled) => futures::future::pending().await,
        }
    }

    /// Assigns a free slot to the next waiter.
    fn give(self: &Arc<Self>, new: Option<oneshot::Sender<Slot>>) {
        let mut next = {
            let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            queue.free += usize::from(new.is_none());
            queue.waiting.extend(new);
            queue.next()
        };
        // Outside of the lock: a slot whose receiver is gone returns through here.
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
