//! The future events of a world.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::Timestamp;
use crate::scheduler::{AttemptId, Input, Outcome};

/// Everything that is planned to happen, soonest first.
#[derive(Debug, Clone, Default)]
pub(super) struct EventQueue {
    heap: BinaryHeap<QueueEntry>,
    made: u64,
}

/// Something that is planned to happen.
#[derive(Debug, Clone)]
pub(super) enum Planned {
    /// An attempt asks whether it may begin.
    Begin(AttemptId),
    /// An attempt ends.
    End(AttemptId, Outcome),
    /// An order or another fact arrives. Boxed, because attempts are many and orders are few.
    Input(Box<Input>),
}

#[derive(Debug, Clone)]
struct QueueEntry {
    at: Timestamp,
    /// What comes first at the same time.
    rank: u64,
    made: u64,
    what: Planned,
}

impl EventQueue {
    /// The rank of attempts that ask, which they do as soon as they are started.
    pub(super) const FIRST: u64 = 0;
    /// The rank of what is not in a log: after everything that has one, in the order of planning.
    pub(super) const LAST: u64 = u64::MAX;

    pub(super) fn add(&mut self, at: Timestamp, rank: u64, what: Planned) {
        let made = self.made;
        self.made += 1;
        self.heap.push(QueueEntry { at, rank, made, what });
    }

    /// When the next thing happens.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.heap.peek().map(|entry| entry.at)
    }

    pub(super) fn take(&mut self) -> Option<Planned> {
        self.heap.pop().map(|entry| entry.what)
    }

    /// Drops what attempts do, which a dead dispatcher does not report. Gives the ends, the first of them first: their
    /// hosts know them.
    pub(super) fn forget_ends(&mut self) -> Vec<(Timestamp, AttemptId, Outcome)> {
        let all = std::mem::take(&mut self.heap).into_sorted_vec();
        let mut ends = Vec::new();
        // Sorted by an order in which the soonest is the greatest, so from behind it is first.
        for entry in all.into_iter().rev() {
            match entry.what {
                Planned::Input(_) => self.heap.push(entry),
                Planned::End(attempt, outcome) => ends.push((entry.at, attempt, outcome)),
                Planned::Begin(_) => {}
            }
        }
        ends
    }
}

impl QueueEntry {
    fn key(&self) -> (Timestamp, u64, u64) {
        (self.at, self.rank, self.made)
    }
}

impl Ord for QueueEntry {
    /// The greatest of a heap comes first, so the soonest is the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

impl PartialOrd for QueueEntry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for QueueEntry {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for QueueEntry {}
