//! A hash of numbers that are given in order, which keeps them in this order.

use std::hash::{BuildHasherDefault, Hasher};

/// Hashes numbers such that those that follow each other are beside each other in a table.
///
/// Jobs that were submitted one after the other mostly report one after the other. With their numbers spread over a
/// table, each look-up fetches lines of a cache and a page of memory that no other job of the time is on; in order,
/// neighbours share them.
// The price: numbers that differ by multiples of the table's size begin their search at one position. A search compares
// sixteen positions at once, and as many numbers as are that regular are few where the table is large.
pub(crate) type DenseHash = BuildHasherDefault<DenseHasher>;

/// The hasher of [`DenseHash`].
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct DenseHasher(u64);

impl DenseHasher {
    /// A table takes the position from the low bits, and compares the topmost seven before it compares numbers.
    const POSITION: u64 = u64::MAX >> 7;
    // 2^64 divided by the golden ratio, whose multiples are spread evenly.
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
}

impl Hasher for DenseHasher {
    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = self.0.wrapping_mul(Self::ODD).wrapping_add(number);
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(u64::from(byte)));
    }

    fn finish(&self) -> u64 {
        self.0 & Self::POSITION | self.0.wrapping_mul(Self::ODD) & !Self::POSITION
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::hash::BuildHasher;

    use proptest::prelude::*;

    use super::*;
    use crate::scheduler::JobId;
    use crate::scheduler::collections::FastMap;

    #[test]
    fn jobs_that_follow_each_other_are_beside_each_other() {
        let position = |number| DenseHash::default().hash_one(JobId::new(number)) & DenseHasher::POSITION;
        assert!((1..100_000).all(|number| position(number + 1) == position(number) + 1));
    }

    #[test]
    fn jobs_at_one_position_differ_in_the_bits_that_are_compared_first() {
        let compared = |number| DenseHash::default().hash_one(JobId::new(number)) >> 57;
        let compared: BTreeSet<u64> = (0..1_000).map(|at| compared(7 + (at << 20))).collect();
        assert!(compared.len() > 100, "of 128: {}", compared.len());
    }

    proptest! {
        #[test]
        fn a_map_of_numbers_is_a_map(
            shift in 0..20_u32,
            changes in prop::collection::vec((any::<bool>(), 0..300_u64), 0..600),
        ) {
            let (mut map, mut model) = (FastMap::default(), BTreeMap::new());
            for (value, (insert, number)) in changes.into_iter().enumerate() {
                let job = JobId::new(number << shift);
                if insert {
                    prop_assert_eq!(map.insert(job, value), model.insert(job, value));
                } else {
                    prop_assert_eq!(map.remove(&job), model.remove(&job));
                }
            }
            prop_assert_eq!(map.len(), model.len());
            prop_assert!(model.iter().all(|(job, value)| map.get(job) == Some(value)));
        }
    }
}
