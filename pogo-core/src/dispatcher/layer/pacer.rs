//! Evenly spread turns.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use crate::Timestamp;

const NANOS_PER_MILLI: u128 = 1_000_000;
const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// Assigns evenly spread turns, in the order of requests and without bursts: idle time is not credited.
///
/// ```
/// use std::time::Duration;
/// use pogo_core::Timestamp;
/// use pogo_core::dispatcher::layer::Pacer;
///
/// let pacer = Pacer::per_second(10.try_into()?);
/// let now = Timestamp::from_millis(1_000);
/// assert_eq!(pacer.turn(now), now);
/// assert_eq!(pacer.turn(now), now + Duration::from_millis(100));
/// let later = Timestamp::from_millis(9_000);
/// assert_eq!(pacer.turn(later), later);
/// # Ok::<(), std::num::TryFromIntError>(())
/// ```
#[derive(Debug)]
pub struct Pacer {
    /// In nanoseconds, so that rates that do not divide a second hold in the long run too.
    interval: u128,
    next: Mutex<u128>,
}

impl Pacer {
    /// Creates a pacer with this many turns per second.
    pub fn per_second(turns: NonZeroU32) -> Self {
        Self {
            // Rounded up, as the times below: no second has more turns than were allowed.
            interval: NANOS_PER_SECOND.div_ceil(u128::from(turns.get())),
            next: Mutex::new(0),
        }
    }

    /// Takes a turn, and returns when it comes: never before `now`. A turn that is not used is lost.
    pub fn turn(&self, now: Timestamp) -> Timestamp {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let at = (*next).max(u128::from(now.as_millis()) * NANOS_PER_MILLI);
        *next = at.saturating_add(self.interval);
        let millis = at.div_ceil(NANOS_PER_MILLI);
        Timestamp::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }
}
