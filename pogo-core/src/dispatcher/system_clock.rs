//! The clock of the machine.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the one adapter whose purpose is to read the clocks"
)]

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, UNIX_EPOCH};

use async_trait::async_trait;
use futures_timer::Delay;

use super::Clock;
use crate::Timestamp;

/// The machine's clock; works with every runtime.
///
/// Its first time is the machine's time of day. From then on it follows what has elapsed: when somebody sets the
/// machine's clock, or a time service does, it runs up to a tenth faster or slower until it has caught up. So no time
/// limit is spent by a change of the clock, and no delay becomes longer by more than that.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// The time of this process.
// One for the process: two dispatchers in it, and the transport's own waits, must not see two
// times.
static TIME: Mutex<Option<Reading>> = Mutex::new(None);

/// A time, and when it was.
#[derive(Debug, Clone, Copy)]
struct Reading {
    /// Since the Unix epoch.
    time: Duration,
    at: Instant,
}

/// How much slower or faster than the machine the clock runs at most to catch up, as a part of one.
const CATCH_UP: u32 = 10;

/// The time after `elapsed`, when the machine's time of day is this.
fn advance(time: Duration, elapsed: Duration, time_of_day: Duration) -> Duration {
    let (straight, most) = (time + elapsed, elapsed / CATCH_UP);
    let (behind, ahead) = (
        time_of_day.saturating_sub(straight),
        straight.saturating_sub(time_of_day),
    );
    straight + behind.min(most) - ahead.min(most)
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A reading is replaced as a whole.
        let mut last = TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, time_of_day) = (Instant::now(), std::time::SystemTime::now());
        let time_of_day = time_of_day.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let time = last.map_or(time_of_day, |last| {
            advance(last.time, at.saturating_duration_since(last.at), time_of_day)
        });
        *last = Some(Reading { time, at });
        Timestamp::EPOCH + time
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        // In slices, so that a deadline far away comes in time while the clock catches up.
        const SLICE: Duration = Duration::from_secs(60);
        loop {
            let left = deadline - self.now();
            if left.is_zero() {
                return;
            }
            Delay::new(left.min(SLICE)).await;
        }
    }

    async fn sleep(&self, time: Duration) {
        // By what elapses alone: a pause of two milliseconds does not care what time of day it is.
        Delay::new(time).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_clock_that_is_set_is_caught_up_with_by_a_tenth_of_what_elapses() {
        let noon = 12 * HOUR;
        // An hour forward, an hour back.
        assert_eq!(advance(noon, 10 * SECOND, noon + HOUR), noon + 11 * SECOND);
        assert_eq!(advance(noon, 10 * SECOND, noon - HOUR), noon + 9 * SECOND);
        assert_eq!(
            advance(noon, Duration::ZERO, noon - HOUR),
            noon,
            "time does not go back"
        );
        // It is reached, and not passed.
        assert_eq!(advance(noon, HOUR, noon + HOUR + SECOND), noon + HOUR + SECOND);
        assert_eq!(advance(noon, HOUR, noon + HOUR - SECOND), noon + HOUR - SECOND);
        assert_eq!(advance(noon, HOUR, noon + HOUR), noon + HOUR);
    }

    #[test]
    fn it_begins_with_the_time_of_day() {
        let time_of_day = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        // A machine whose clock is set meanwhile is not one to test on.
        let now = SystemClock.now() - Timestamp::EPOCH;
        assert!(now.abs_diff(time_of_day) < HOUR, "{now:?}");
    }
}
