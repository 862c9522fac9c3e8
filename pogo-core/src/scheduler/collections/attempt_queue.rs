//! A FIFO queue of attempts.

use smallvec::SmallVec;

use crate::scheduler::AttemptId;

/// Attempts in insertion order.
///
/// The few of a small job are stored inline: with ten thousand jobs, a separate list would be a cache miss at each
/// report.
#[derive(Debug, Clone, Default)]
pub(in crate::scheduler) struct AttemptQueue {
    attempts: SmallVec<[AttemptId; 3]>,
    /// How many at the front were removed.
    taken: usize,
}

impl AttemptQueue {
    pub(in crate::scheduler) fn push_back(&mut self, attempt: AttemptId) {
        // Only once half of it is unused, so that moving the rest is amortized.
        if self.attempts.len() == self.attempts.capacity() && 2 * self.taken > self.attempts.len() {
            self.attempts.drain(..self.taken);
            self.taken = 0;
        }
        self.attempts.push(attempt);
    }

    pub(in crate::scheduler) fn pop_front(&mut self) {
        self.taken += 1;
        if self.taken >= self.attempts.len() {
            self.attempts.clear();
            self.taken = 0;
        }
    }

    pub(in crate::scheduler) fn front(&self) -> Option<AttemptId> {
        self.get(0)
    }

    /// The attempt at this position.
    pub(in crate::scheduler) fn get(&self, at: usize) -> Option<AttemptId> {
        self.attempts.get(self.taken + at).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_queue_of_attempts_is_a_queue(pushes in prop::collection::vec(prop::bool::weighted(0.6), 0..100)) {
            let (mut queue, mut model) = (AttemptQueue::default(), VecDeque::new());
            for (number, push) in (1..).zip(pushes) {
                if push {
                    queue.push_back(AttemptId::new(number));
                    model.push_back(AttemptId::new(number));
                } else if model.pop_front().is_some() {
                    queue.pop_front();
                }
                prop_assert_eq!(queue.front(), model.front().copied());
                let all: Vec<AttemptId> = (0..).map_while(|at| queue.get(at)).collect();
                prop_assert_eq!(all, Vec::from(model.clone()));
            }
        }
    }

    #[test]
    fn a_queue_that_many_attempts_pass_through_stays_small() {
        let mut queue = AttemptQueue::default();
        for number in 1..=10_000 {
            queue.push_back(AttemptId::new(number));
            if number > 10 {
                queue.pop_front();
            }
        }
        assert!(queue.attempts.capacity() <= 64, "{}", queue.attempts.capacity());
    }
}
