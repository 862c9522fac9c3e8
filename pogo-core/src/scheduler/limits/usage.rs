//! How much of each bucket is used.

use crate::plan::{BucketId, Capacity, Rules};

/// How much of one bucket is used, beside what it holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Hosts that run a task.
    pub(crate) running: u32,
    /// Unavailable hosts, which include those that run. Where only what runs counts, these alone.
    pub(crate) unavailable: u32,
    pub(crate) limit: Capacity,
}

impl Usage {
    /// Nothing is used of any bucket.
    pub(in crate::scheduler) fn none(rules: &Rules) -> Vec<Self> {
        let buckets = (0..).map(BucketId).take(rules.buckets().len());
        let unused = |bucket| Self {
            limit: rules.capacity(bucket),
            ..Self::default()
        };
        buckets.map(unused).collect()
    }

    /// Counts what has changed of a host.
    pub(in crate::scheduler) fn count(&mut self, running: Change, unavailable: Change) {
        step(&mut self.running, running);
        // `max_running` is kept as a limit of which only running hosts take a slot, so that
        // admission, prospects and the lower bound need no case for it.
        let taken = match self.limit.counts_unavailable {
            true => unavailable,
            false => running,
        };
        step(&mut self.unavailable, taken);
    }
}

/// Whether something was so of a host, and is so now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) was: bool,
    pub(crate) is: bool,
}

impl Change {
    pub(in crate::scheduler) fn is_none(self) -> bool {
        self.was == self.is
    }
}

fn step(counter: &mut u32, change: Change) {
    match change {
        // No saturation: a count that would leave its range is a defect, which debug builds stop at
        // and `verify` finds.
        Change { was: false, is: true } => *counter += 1,
        Change { was: true, is: false } => *counter -= 1,
        _ => {}
    }
}
