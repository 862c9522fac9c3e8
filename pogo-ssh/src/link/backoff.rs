//! The pause before a host is connected to again: exponential backoff with jitter.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(8);

/// The pause after this many tries (from 0), somewhere between half and all of its length.
pub(crate) fn pause_after(tries: u32) -> Duration {
    let full = FIRST
        .checked_mul(2_u32.saturating_pow(tries))
        .unwrap_or(LONGEST)
        .min(LONGEST);
    // Hash tables of this process and no other start from this number.
    let chance = RandomState::new().hash_one(tries) % 1024;
    full / 2 + (full / 2).mul_f64(chance as f64 / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_within_bounds_and_differ() {
        for (tries, full) in [(0, 250), (1, 500), (4, 4000), (5, 8000), (6, 8000), (99, 8000)] {
            let full = Duration::from_millis(full);
            for _ in 0..50 {
                let pause = pause_after(tries);
                assert!(pause >= full / 2 && pause <= full, "{tries}: {pause:?}");
            }
        }
        let some: Vec<Duration> = (0..50).map(|_| pause_after(5)).collect();
        assert!(some.iter().any(|pause| *pause != some[0]));
    }
}
