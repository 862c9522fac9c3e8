//! The memory budget of output that waits for a store.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::channel::oneshot;

/// Free bytes, and a FIFO queue of waiters, so that no attempt starves.
#[derive(Debug)]
pub(super) struct Budget {
    state: Mutex<BudgetState>,
}

#[derive(Debug)]
struct BudgetState {
    free: usize,
    waiting: VecDeque<(usize, oneshot::Sender<Reservation>)>,
    /// Closed: reservations fail at once.
    closed: bool,
}

/// Reserved bytes, freed when dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    bytes: usize,
    budget: Arc<Budget>,
}

/// The result of a reservation without waiting.
pub(super) enum Reserved {
    /// There was room, and nobody waited.
    Now(Reservation),
    /// Resolves when those who came before have theirs.
    Later(oneshot::Receiver<Reservation>),
    /// Nothing is stored any more: what comes now is lost.
    Closed,
}

impl Budget {
    pub(super) fn new(bytes: usize) -> Arc<Self> {
        let state = Mutex::new(BudgetState {
            free: bytes,
            waiting: VecDeque::new(),
            closed: false,
        });
        Arc::new(Self { state })
    }

    /// Reserves bytes, or queues for them if wanted. The total budget is the most.
    pub(super) fn reserve(self: &Arc<Self>, bytes: usize, queues: bool) -> Option<Reserved> {
        let mut state = self.lock();
        if state.closed {
            return Some(Reserved::Closed);
        }
        // Nobody overtakes those who wait, or the turn of a large reservation would never come.
        if state.waiting.is_empty() && state.free >= bytes {
            state.free -= bytes;
            let budget = Arc::clone(self);
            return Some(Reserved::Now(Reservation { bytes, budget }));
        }
        queues.then(|| {
            let (sender, receiver) = oneshot::channel();
            state.waiting.push_back((bytes, sender));
            Reserved::Later(receiver)
        })
    }

    /// Closes the budget: all waiters fail.
    pub(super) fn close(&self) {
        let waiting = {
            let mut state = self.lock();
            state.closed = true;
            std::mem::take(&mut state.waiting)
        };
        // Outside of the lock: a waker may run its task at once, which takes the lock.
        drop(waiting);
    }

    pub(super) fn open(&self) {
        self.lock().closed = false;
    }

    /// The bytes that are free.
    #[cfg(test)]
    pub(super) fn free(&self) -> usize {
        self.lock().free
    }

    fn lock(&self) -> MutexGuard<'_, BudgetState> {
        // Poisoning is harmless: no change under the lock can be left incomplete.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_back(self: &Arc<Self>, bytes: usize) {
        let mut granted = Vec::new();
        {
            let mut state = self.lock();
            state.free += bytes;
            while let Some((wanted, _)) = state.waiting.front()
                && *wanted <= state.free
                && let Some((wanted, sender)) = state.waiting.pop_front()
            {
                // Taken under the lock for those that are woken: whoever reserves in between must
                // not get bytes that were promised.
                state.free -= wanted;
                granted.push((wanted, sender));
            }
        }
        // Outside of the lock: bytes whose receiver is gone return through here.
        for (bytes, sender) in granted {
            let budget = Arc::clone(self);
            let _ = sender.send(Reservation { bytes, budget });
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn take(budget: &Arc<Budget>, bytes: usize) -> Reservation {
        match budget.reserve(bytes, false) {
            Some(Reserved::Now(reservation)) => reservation,
            _ => panic!("there is no room for {bytes}"),
        }
    }

    fn queue(budget: &Arc<Budget>, bytes: usize) -> oneshot::Receiver<Reservation> {
        match budget.reserve(bytes, true) {
            Some(Reserved::Later(receiver)) => receiver,
            _ => panic!("it need not wait"),
        }
    }

    #[test]
    fn who_came_first_is_first_even_if_another_needs_less() {
        let budget = Budget::new(10);
        let held = take(&budget, 8);
        let mut large = queue(&budget, 9);
        assert!(budget.reserve(1, false).is_none(), "nobody overtakes");
        let mut small = queue(&budget, 1);
        drop(held);
        let large = (&mut large).now_or_never().unwrap().unwrap();
        drop(large);
        drop((&mut small).now_or_never().unwrap().unwrap());
        assert_eq!(budget.free(), 10);
    }

    #[test]
    fn what_was_granted_to_nobody_comes_back() {
        let budget = Budget::new(10);
        let held = take(&budget, 10);
        drop(queue(&budget, 5));
        let granted = queue(&budget, 10);
        drop(held);
        drop(granted);
        assert_eq!(budget.free(), 10);
    }

    #[test]
    fn nobody_waits_for_a_closed_budget() {
        let budget = Budget::new(10);
        let held = take(&budget, 10);
        let mut waiting = queue(&budget, 5);
        budget.close();
        assert!((&mut waiting).now_or_never().unwrap().is_err());
        assert!(matches!(budget.reserve(1, true), Some(Reserved::Closed)));
        drop(held);
        budget.open();
        drop(take(&budget, 10));
    }
}
