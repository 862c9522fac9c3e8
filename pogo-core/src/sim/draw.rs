//! Pseudo-random numbers that are a function of a seed and a key, so that what one host draws depends neither on other
//! hosts nor on the order of events.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

/// A number for this seed and key.
pub(super) fn bits(seed: u64, key: impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    key.hash(&mut hasher);
    // SplitMix64: turns the weak hash of near questions into independent numbers.
    let mut mixed = hasher
        .finish()
        .wrapping_add(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A number from 0 up to, and not including, 1.
#[allow(
    clippy::cast_precision_loss,
    reason = "the 53 bits that are kept fit a float exactly"
)]
pub(super) fn uniform(seed: u64, key: impl Hash) -> f64 {
    // From the top: the upper bits are the better ones.
    (bits(seed, key) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A number of the standard normal distribution (Box and Muller).
pub(super) fn normal(seed: u64, key: impl Hash + Copy) -> f64 {
    // One minus, since a draw may be 0 and never is 1: the logarithm of 0 has no end.
    let radius = (-2.0 * (1.0 - uniform(seed, (key, "radius"))).ln()).sqrt();
    radius * (std::f64::consts::TAU * uniform(seed, (key, "angle"))).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_fill_the_interval_evenly() {
        let mut tenths = [0_u32; 10];
        for at in 0..10_000_u32 {
            let drawn = uniform(7, at);
            assert!((0.0..1.0).contains(&drawn));
            tenths[(drawn * 10.0) as usize] += 1;
        }
        assert!(tenths.iter().all(|&count| (850..1150).contains(&count)), "{tenths:?}");
    }

    #[test]
    fn normal_draws_have_mean_zero_and_variance_one() {
        let drawn: Vec<f64> = (0..10_000_u32).map(|at| normal(1, at)).collect();
        let mean = drawn.iter().sum::<f64>() / 10_000.0;
        let variance = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 10_000.0;
        assert!(mean.abs() < 0.05 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }
}
