//! How loaded buckets are: the work that waits, per slot.

use crate::plan::BucketId;
use crate::scheduler::state::State;

/// Work per bucket of tasks that were never tried, in milliseconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Load {
    work: Vec<u64>,
    /// Work per slot, rounded so that it changes rarely.
    level: Vec<u16>,
}

impl Load {
    /// The work of a task whose job does not say what to expect.
    // Only the ratio to times that are known matters: a job without any gives each host the same
    // weight.
    pub(crate) const UNKNOWN: u32 = 10_000;

    pub(super) fn new(buckets: usize) -> Self {
        Self {
            work: vec![0; buckets],
            level: vec![0; buckets],
        }
    }

    /// The load of the most loaded of a profile's buckets.
    pub(super) fn of(&self, state: &State, profile: u32) -> u16 {
        let buckets = state.rules.profile(profile).buckets;
        buckets
            .iter()
            .map(|bucket| self.level[bucket.index()])
            .max()
            .unwrap_or(0)
    }

    pub(super) fn level(&self, bucket: BucketId) -> u16 {
        self.level[bucket.index()]
    }

    pub(super) fn add(&mut self, buckets: &[BucketId], work: u32) {
        for bucket in buckets {
            self.work[bucket.index()] += u64::from(work);
        }
    }

    pub(super) fn remove(&mut self, state: &State, buckets: &[BucketId], work: u32) {
        for &bucket in buckets {
            let left = &mut self.work[bucket.index()];
            *left = left.saturating_sub(u64::from(work));
            self.weigh(state, bucket);
        }
    }

    pub(super) fn weigh_all(&mut self, state: &State) {
        for bucket in (0..).map(BucketId).take(self.work.len()) {
            self.weigh(state, bucket);
        }
    }

    /// How loaded a bucket is that has so much work and so many slots.
    pub(crate) fn per_slot(work: u64, slots: u32) -> u16 {
        // A frozen group has no slots, and nothing is divided by 0: its work counts as if it had
        // one.
        coarse(work / u64::from(slots.max(1)))
    }

    /// Says whether the bucket is more loaded than when it was weighed before.
    pub(super) fn weigh(&mut self, state: &State, bucket: BucketId) -> bool {
        let level = Self::per_slot(self.work[bucket.index()], state.usage[bucket.index()].limit.slots);
        std::mem::replace(&mut self.level[bucket.index()], level) < level
    }
}

/// A number to four significant bits, order kept.
///
/// Were it exact, every start would change the key of every class that shares a bucket, and each would have to be
/// looked at again before the next start.
fn coarse(exact: u64) -> u16 {
    const BITS: u32 = 4;
    let length = 64 - exact.leading_zeros();
    let shift = length.saturating_sub(BITS);
    // At most 60 times 16, and 15.
    u16::try_from(u64::from(shift) * 16 + (exact >> shift)).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::coarse;

    #[test]
    fn a_coarse_load_keeps_the_order() {
        let mut last = 0;
        for exact in (0..70_000_u64).chain((0..40).map(|n| 70_000 << n)) {
            assert!(coarse(exact) >= last, "{exact}");
            last = coarse(exact);
        }
    }

    #[test]
    fn a_coarse_load_is_within_an_eighth() {
        for exact in [1_000_u64, 123_456, 9_999_999] {
            assert!(coarse(exact) < coarse(exact + exact / 7), "{exact}");
        }
    }
}
