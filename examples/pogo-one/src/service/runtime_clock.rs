//! The machine's clock, with the timers of this program's runtime.

use std::time::Duration;

use async_trait::async_trait;
use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, SystemClock};

/// The time of [`SystemClock`], whose timers work with every runtime as they have a thread of their own. A dispatcher
/// with a store sets several for each host, and each was two switches of context: to that thread, and back.
#[derive(Debug, Clone, Copy)]
pub(super) struct RuntimeClock;

#[async_trait]
impl Clock for RuntimeClock {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        // In slices, so that a deadline far away comes in time while the clock catches up.
        const SLICE: Duration = Duration::from_secs(60);
        loop {
            let left = deadline - self.now();
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(SLICE)).await;
        }
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_sleeps_until_its_own_time_has_come() {
        let deadline = RuntimeClock.now() + Duration::from_millis(3);
        RuntimeClock.sleep_until(deadline).await;
        assert!(RuntimeClock.now() >= deadline);
        RuntimeClock.sleep_until(deadline).await;
    }
}
