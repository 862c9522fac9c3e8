//! The order of classes in queues.

use crate::scheduler::ids::JobIndex;

/// The urgency of a class's next task; greater comes first. Until the agenda is built
/// again it only decreases, so a queue may hold an old key: the true one is never greater.
///
/// By priority, then by tries (few first), load, expected time, job and rank (low first): packed, since queues are
/// mostly comparing and moving these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(Rust, packed(4))]
pub(crate) struct Key {
    priority_tries_load: u64,
    expected_job: u64,
    rank: u32,
}

/// The parts of a [`Key`].
pub(crate) struct Urgency {
    pub(crate) priority: i32,
    pub(crate) tries: u16,
    pub(crate) load: u16,
    pub(crate) expected: u32,
    pub(crate) job: JobIndex,
    pub(crate) rank: u32,
}

impl From<Urgency> for Key {
    fn from(of: Urgency) -> Self {
        // Unsigned numbers in the order of the signed ones.
        let priority = of.priority.cast_unsigned() ^ (1 << 31);
        let priority_tries_load = u64::from(priority) << 32 | u64::from(!of.tries) << 16 | u64::from(of.load);
        Self {
            priority_tries_load,
            // The complement makes the lower number the greater key, so that one comparison of
            // integers does.
            expected_job: u64::from(of.expected) << 32 | u64::from(!of.job.number()),
            rank: !of.rank,
        }
    }
}

impl Key {
    /// Lowers the load to this one. A key without a load keeps none.
    pub(super) fn lower_load(&mut self, load: u16) {
        const LOAD: u64 = 0xffff;
        // Never raised: a key that is too low would hide its class behind others until the queues
        // are built anew.
        let low = (self.priority_tries_load & LOAD).min(u64::from(load));
        self.priority_tries_load = self.priority_tries_load & !LOAD | low;
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use proptest::prelude::*;

    use super::*;

    use crate::scheduler::JobId;

    type Parts = (i32, u16, u16, u32, u32, u32);

    fn key((priority, tries, load, expected, job, rank): Parts) -> Key {
        let job = JobId::new(u64::from(job)).index();
        Key::from(Urgency {
            priority,
            tries,
            load,
            expected,
            job,
            rank,
        })
    }

    fn plain((priority, tries, load, expected, job, rank): Parts) -> impl Ord {
        (priority, Reverse(tries), load, expected, Reverse(job), Reverse(rank))
    }

    fn parts() -> impl Strategy<Value = Parts> {
        let near = prop_oneof![Just(i32::MIN), -2..2, Just(i32::MAX)];
        let small = || prop_oneof![0..3_u32, Just(u32::MAX)];
        (near, 0..3_u16, 0..3_u16, small(), small(), small())
    }

    proptest! {
        #[test]
        fn a_key_that_is_lowered_is_that_of_the_lesser_load(parts in parts(), load in 0..3_u16) {
            let mut lowered = key(parts);
            lowered.lower_load(load);
            let (priority, tries, before, expected, job, rank) = parts;
            prop_assert_eq!(lowered, key((priority, tries, before.min(load), expected, job, rank)));
        }

        #[test]
        fn keys_compare_as_their_parts_do(one in parts(), other in parts()) {
            prop_assert_eq!(key(one).cmp(&key(other)), plain(one).cmp(&plain(other)));
        }
    }
}
