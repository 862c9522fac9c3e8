//! Retry delays.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// The longest delay.
pub(super) const MOST: Duration = Duration::from_secs(60);

/// The delay before retry `number` (from 0): doubled each time, varied by half so that many clients that
/// saw the same failure do not all retry at once, and never shorter than the service asked for.
pub(super) fn delay(first: Duration, number: u32, asked: Option<Duration>, dice: f64) -> Duration {
    let doubled = first.saturating_mul(2_u32.saturating_pow(number)).min(MOST);
    let varied = doubled.mul_f64(0.5 + dice.clamp(0.0, 1.0));
    // The limit last: a service that asks for an hour must not hold up a job for it.
    varied.max(asked.unwrap_or_default()).min(MOST)
}

/// A random number from 0 to 1, of low quality.
pub(super) fn dice() -> f64 {
    // The standard library's keys are random: a generator of random numbers is not worth a
    // dependency here.
    let random = RandomState::new().build_hasher().finish();
    f64::from(u32::try_from(random >> 32).unwrap_or_default()) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_and_vary_by_half() {
        let first = Duration::from_millis(100);
        let between = |number, dice| delay(first, number, None, dice).as_millis();
        assert_eq!([between(0, 0.0), between(0, 1.0)], [50, 150]);
        assert_eq!([between(3, 0.0), between(3, 1.0)], [400, 1_200]);
        assert_eq!(between(u32::MAX, 1.0), MOST.as_millis());
    }

    #[test]
    fn a_service_may_ask_for_more_time_but_not_for_ever() {
        let first = Duration::from_millis(100);
        let asked = |seconds| delay(first, 0, Some(Duration::from_secs(seconds)), 0.5);
        assert_eq!(asked(7), Duration::from_secs(7));
        assert_eq!(asked(7_000), MOST);
    }

    #[test]
    fn dice_fall_within_their_bounds() {
        assert!((0..100).map(|_| dice()).all(|dice| (0.0..=1.0).contains(&dice)));
        assert!((0..100).any(|_| dice() != dice()));
    }
}
