//! Reproducible random numbers.

/// SplitMix64: small, and good enough to choose faults.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// A separate stream for each purpose, so that drawing more of one does not change the others.
    pub(super) fn new(seed: u64, purpose: u64) -> Self {
        let mut random = Self(seed ^ purpose.wrapping_mul(0xd6e8_feb8_6659_fd93));
        random.next();
        random
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 where that is 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next().checked_rem(end).unwrap_or(0)
    }

    /// A number from `first` to `last`, small ones more often: most delays are short.
    pub(super) fn skewed(&mut self, first: u64, last: u64) -> u64 {
        let within = self.below(last.saturating_sub(first) + 1);
        let scale = 1 << self.below(6);
        first + within / scale
    }

    pub(super) fn between(&mut self, first: u64, last: u64) -> u64 {
        first + self.below(last.saturating_sub(first) + 1)
    }

    /// True with a probability in parts per thousand.
    pub(super) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let at = self.below(u64::try_from(from.len()).unwrap_or(u64::MAX));
        from.get(usize::try_from(at).unwrap_or(0))
    }

    pub(super) fn index(&mut self, len: usize) -> usize {
        let at = self.below(u64::try_from(len).unwrap_or(u64::MAX));
        usize::try_from(at).unwrap_or(0)
    }
}
