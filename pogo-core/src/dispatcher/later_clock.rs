//! A clock that goes on from a later time than its own.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Clock;
use crate::Timestamp;

/// Goes on from the last record of a journal, where that is later than the clock of whoever takes over. Time does not
/// stand still until the clock has caught up, or no delay and no time limit would end: it passes a tenth slower.
struct LaterClock {
    clock: Arc<dyn Clock>,
    /// When it began, by that clock.
    since: Timestamp,
    /// How much later it was then.
    ahead: Duration,
}

/// By which part of one it is slower than its clock.
const CATCH_UP: u32 = 10;

/// This clock, or one that goes on from `last`, if that is later.
pub(super) fn not_before(clock: Arc<dyn Clock>, last: Timestamp) -> Arc<dyn Clock> {
    let since = clock.now();
    let ahead = last - since;
    match ahead.is_zero() {
        true => clock,
        false => Arc::new(LaterClock { clock, since, ahead }),
    }
}

#[async_trait]
impl Clock for LaterClock {
    fn now(&self) -> Timestamp {
        let now = self.clock.now();
        // Never earlier than the clock itself: a clock that was ten minutes behind is right after a
        // hundred.
        now + self.ahead.saturating_sub((now - self.since) / CATCH_UP)
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        loop {
            let left = deadline - self.now();
            if left.is_zero() {
                return;
            }
            // In a loop, since this clock passes slower than the one that sleeps.
            self.clock.sleep_until(self.clock.now() + left).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// A clock that passes by the time that it is slept until.
    struct Slept(AtomicU64);

    #[async_trait]
    impl Clock for Slept {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(Ordering::Relaxed))
        }

        async fn sleep_until(&self, deadline: Timestamp) {
            self.0.fetch_max(deadline.as_millis(), Ordering::Relaxed);
        }
    }

    #[test]
    fn time_goes_on_from_the_last_record_until_the_clock_has_caught_up() {
        let own = Arc::new(Slept(AtomicU64::new(1_000_000)));
        let hour = Duration::from_secs(3_600);
        let last = own.now() + hour;
        let clock = not_before(Arc::clone(&own) as _, last);
        assert_eq!(clock.now(), last);
        // A delay ends, a tenth later than it would.
        futures::executor::block_on(clock.sleep_until(last + Duration::from_secs(90)));
        assert!(clock.now() >= last + Duration::from_secs(90));
        let passed = own.now() - Timestamp::from_millis(1_000_000);
        assert!((90..=101).contains(&passed.as_secs()), "{passed:?}");
        // Ten hours later it has been caught up with.
        let later = own.now() + hour * 10;
        own.0.store(later.as_millis(), Ordering::Relaxed);
        assert_eq!(clock.now(), later);
    }

    #[test]
    fn a_clock_that_is_not_behind_is_as_it_is() {
        let own = Arc::new(Slept(AtomicU64::new(1_000_000))) as Arc<dyn Clock>;
        for last in [own.now(), Timestamp::EPOCH] {
            assert!(Arc::ptr_eq(&not_before(Arc::clone(&own), last), &own));
        }
    }
}
