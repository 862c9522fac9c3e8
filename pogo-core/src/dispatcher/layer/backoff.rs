//! The pause before something is tried again.

use std::time::Duration;

/// Pauses that double from try to try, each somewhere between half and all of its length, so that hosts do not come
/// back all at once.
///
/// ```
/// use std::time::Duration;
/// use pogo_core::dispatcher::layer::Backoff;
///
/// let backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(8));
/// assert!(backoff.pause(0, 7) <= Duration::from_millis(250));
/// assert!(backoff.pause(99, 7) >= Duration::from_secs(4));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backoff {
    /// The pause before the first repetition.
    pub first: Duration,
    /// No pause is longer.
    pub longest: Duration,
}

impl Default for Backoff {
    /// From 250 milliseconds to 8 seconds.
    fn default() -> Self {
        Self {
            first: Duration::from_millis(250),
            longest: Duration::from_secs(8),
        }
    }
}

impl Backoff {
    /// Pauses from `first` to `longest`.
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest }
    }

    /// The pause after so many repetitions. `chance`: any number; equal ones give equal pauses.
    pub fn pause(&self, tries: u32, chance: u64) -> Duration {
        let doubled = self.first.checked_mul(2_u32.saturating_pow(tries));
        let full = doubled.unwrap_or(self.longest).min(self.longest);
        // At least half, so that a pause which is drawn short is one; the rest spreads hosts that
        // broke down at one moment.
        full / 2 + (full / 2).mul_f64((chance % 1024) as f64 / 1024.0)
    }
}
