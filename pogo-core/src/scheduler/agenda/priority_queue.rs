//! A queue of which the greatest comes first, and that is cheap where entries come nearly in order.

use std::collections::{BinaryHeap, VecDeque};

/// Entries of which the greatest comes first: a heap, and with many entries in front of it a list for those that come
/// in order.
///
/// Queues that many jobs wait in get most of their entries in order. Slots are freed for one job after the other, and
/// when a load falls, each entry goes from the front to behind all others. At either end of a list that costs the same
/// however many wait; in a heap of thousands each entry was moved past a dozen others, most of them not in the cache.
#[derive(Debug, Clone)]
pub(super) enum PriorityQueue<T> {
    /// Until there are more than fit, and again once all were [taken](Self::take).
    Few(BinaryHeap<T>),
    /// Once there were more, whatever was popped since.
    // Boxed, since most queues never have many.
    Many(Box<Many<T>>),
}

#[derive(Debug, Clone)]
pub(super) struct Many<T> {
    /// In order, the greatest first.
    sorted: VecDeque<T>,
    /// What came between those.
    rest: BinaryHeap<T>,
}

impl<T: Ord> PriorityQueue<T> {
    /// So many are in one heap, which a cache holds.
    const FEW: usize = 64;

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Few(heap) => heap.len(),
            Self::Many(many) => many.sorted.len() + many.rest.len(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The greatest.
    pub(super) fn peek(&self) -> Option<&T> {
        match self {
            Self::Few(heap) => heap.peek(),
            // `None` is less than any entry, so an empty part never hides the other.
            Self::Many(many) => many.sorted.front().max(many.rest.peek()),
        }
    }

    pub(super) fn push(&mut self, entry: T) {
        match self {
            Self::Few(heap) if heap.len() < Self::FEW => heap.push(entry),
            Self::Few(heap) => {
                let mut entries = std::mem::take(heap).into_vec();
                entries.push(entry);
                *self = entries.into();
            }
            Self::Many(many) => many.push(entry),
        }
    }

    /// Takes the greatest out.
    pub(super) fn pop(&mut self) -> Option<T> {
        match self {
            Self::Few(heap) => heap.pop(),
            Self::Many(many) if many.is_sorted_first() => many.sorted.pop_front(),
            Self::Many(many) => many.rest.pop(),
        }
    }

    /// Puts this entry in place of the greatest, and then where it belongs.
    pub(super) fn replace_first(&mut self, entry: T) {
        match self {
            Self::Few(heap) => replace_first(heap, entry),
            Self::Many(many) if many.is_sorted_first() => {
                many.sorted.pop_front();
                many.push(entry);
            }
            Self::Many(many) if many.extends_sorted(&entry) => {
                many.rest.pop();
                many.push(entry);
            }
            Self::Many(many) => replace_first(&mut many.rest, entry),
        }
    }

    /// Puts this entry in place of the greatest if it belongs behind all others, and that costs little however many
    /// there are.
    pub(super) fn move_first_to_end(&mut self, entry: T) -> bool {
        match self {
            Self::Few(_) => false,
            Self::Many(many) => many.move_first_to_end(entry),
        }
    }

    /// Takes all of them, in any order.
    pub(super) fn take(&mut self) -> Vec<T> {
        match std::mem::take(self) {
            Self::Few(heap) => heap.into_vec(),
            Self::Many(many) => {
                let Many { sorted, rest } = *many;
                let mut entries = Vec::from(sorted);
                entries.extend(rest);
                entries
            }
        }
    }

    /// Gives memory back that few of so many entries as there were need.
    pub(super) fn tidy(&mut self) {
        // Four times and a thousand: a queue that shrinks and grows with each wave does not
        // allocate for each.
        const SLACK: usize = 1_024;
        match self {
            Self::Few(_) => {}
            Self::Many(many) => {
                let Many { sorted, rest } = &mut **many;
                if sorted.capacity() > 4 * (sorted.len() + SLACK) {
                    sorted.shrink_to(2 * sorted.len() + SLACK);
                }
                if rest.capacity() > 4 * (rest.len() + SLACK) {
                    rest.shrink_to(2 * rest.len() + SLACK);
                }
            }
        }
    }
}

impl<T: Ord> Many<T> {
    fn is_sorted_first(&self) -> bool {
        self.sorted.front() >= self.rest.peek()
    }

    /// Whether it belongs at one of the ends.
    fn extends_sorted(&self, entry: &T) -> bool {
        self.sorted.back().is_none_or(|last| entry <= last) || self.sorted.front().is_none_or(|first| entry >= first)
    }

    fn move_first_to_end(&mut self, entry: T) -> bool {
        let fits = self.is_sorted_first() && self.sorted.back().is_some_and(|last| entry <= *last);
        if fits {
            self.sorted.pop_front();
            self.sorted.push_back(entry);
        }
        fits
    }

    fn push(&mut self, entry: T) {
        if self.sorted.back().is_none_or(|last| entry <= *last) {
            self.sorted.push_back(entry);
        } else if self.sorted.front().is_none_or(|first| entry >= *first) {
            self.sorted.push_front(entry);
        } else {
            self.rest.push(entry);
        }
    }
}

fn replace_first<T: Ord>(heap: &mut BinaryHeap<T>, entry: T) {
    // One sift down, where popping and pushing is two.
    if let Some(mut first) = heap.peek_mut() {
        *first = entry;
    }
}

impl<T: Ord> Default for PriorityQueue<T> {
    fn default() -> Self {
        Self::Few(BinaryHeap::new())
    }
}

impl<T: Ord> From<Vec<T>> for PriorityQueue<T> {
    fn from(mut entries: Vec<T>) -> Self {
        if entries.len() <= Self::FEW {
            return Self::Few(entries.into());
        }
        // A sort that finds what is in order already: nearly all are, unless the queue is new.
        entries.sort_by(|one, other| other.cmp(one));
        Self::Many(Box::new(Many {
            sorted: entries.into(),
            rest: BinaryHeap::new(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Step {
        Push(u16),
        /// So many, each less than the one before, or greater.
        PushInOrder(u16, u16, bool),
        Pop,
        ReplaceFirst(u16),
        MoveFirstToEnd(u16),
        TakeAndPutBack,
        Tidy,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0..1_000_u16).prop_map(Step::Push),
            2 => (0..1_000_u16, 1..100_u16, any::<bool>())
                .prop_map(|(from, many, up)| Step::PushInOrder(from, many, up)),
            8 => Just(Step::Pop),
            8 => (0..1_000_u16).prop_map(Step::ReplaceFirst),
            8 => (0..1_000_u16).prop_map(Step::MoveFirstToEnd),
            1 => Just(Step::TakeAndPutBack),
            1 => Just(Step::Tidy),
        ]
    }

    proptest! {
        #[test]
        fn the_greatest_comes_first_whichever_way_entries_came(steps in prop::collection::vec(step(), 0..200)) {
            let (mut queue, mut model) = (PriorityQueue::default(), BinaryHeap::new());
            let push = |queue: &mut PriorityQueue<u16>, model: &mut BinaryHeap<u16>, entry| {
                queue.push(entry);
                model.push(entry);
            };
            for step in steps {
                match step {
                    Step::Push(entry) => push(&mut queue, &mut model, entry),
                    Step::PushInOrder(from, many, true) => {
                        (from..from + many).for_each(|entry| push(&mut queue, &mut model, entry));
                    }
                    Step::PushInOrder(from, many, false) => {
                        (from..from + many).rev().for_each(|entry| push(&mut queue, &mut model, entry));
                    }
                    Step::Pop => prop_assert_eq!(queue.pop(), model.pop()),
                    Step::ReplaceFirst(_) if model.is_empty() => {}
                    Step::ReplaceFirst(entry) => {
                        queue.replace_first(entry);
                        model.pop();
                        model.push(entry);
                    }
                    Step::MoveFirstToEnd(entry) => {
                        if queue.move_first_to_end(entry) {
                            prop_assert!(model.pop().is_some());
                            model.push(entry);
                        }
                    }
                    Step::TakeAndPutBack => {
                        let entries = queue.take();
                        prop_assert!(queue.is_empty());
                        queue = entries.into();
                    }
                    Step::Tidy => queue.tidy(),
                }
                prop_assert_eq!(queue.peek(), model.peek());
                prop_assert_eq!(queue.len(), model.len());
                prop_assert_eq!(queue.is_empty(), model.is_empty());
            }
            let rest: Vec<u16> = std::iter::from_fn(|| queue.pop()).collect();
            let rest_of_model: Vec<u16> = model.into_sorted_vec().into_iter().rev().collect();
            prop_assert_eq!(rest, rest_of_model);
        }
    }

    #[test]
    fn entries_that_come_in_order_are_in_no_heap() {
        let many = |queue: &PriorityQueue<u32>| match queue {
            PriorityQueue::Few(_) => None,
            PriorityQueue::Many(many) => Some((many.sorted.len(), many.rest.len())),
        };
        let mut queue = PriorityQueue::default();
        (0..64).for_each(|entry| queue.push(entry));
        assert_eq!(many(&queue), None, "few are in one heap");
        (64..200).for_each(|entry| queue.push(entry));
        assert_eq!(many(&queue), Some((200, 0)), "each is greater than all before");
        // As where a load falls: one after the other goes from the front to the end.
        let mut queue = PriorityQueue::from((1_000..1_200).collect::<Vec<u32>>());
        (0..200_u32).rev().for_each(|entry| queue.replace_first(entry));
        assert_eq!(many(&queue), Some((200, 0)), "each is less than all before");
        queue.push(17);
        assert_eq!(many(&queue), Some((200, 1)), "and this one came between");
    }

    #[test]
    fn a_queue_that_had_many_entries_gives_their_memory_back() {
        let mut queue = PriorityQueue::from((0..100_000).collect::<Vec<u32>>());
        (1..90_000).step_by(2).for_each(|entry| queue.push(entry));
        while queue.len() > 100 {
            queue.pop();
        }
        queue.tidy();
        let PriorityQueue::Many(many) = queue else {
            panic!("it stays one of many entries until all are taken")
        };
        assert!(many.sorted.capacity() < 5_000, "{}", many.sorted.capacity());
        assert!(many.rest.capacity() < 5_000, "{}", many.rest.capacity());
    }
}
