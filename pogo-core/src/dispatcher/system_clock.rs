//! The clock of the machine.

use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use futures_timer::Delay;

use super::Clock;
use crate::Timestamp;

/// The machine's clock; works with every runtime.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[allow(
            clippy::disallowed_methods,
            reason = "the one adapter whose purpose is to read the clock"
        )]
        let now = std::time::SystemTime::now();
        let since_epoch = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Timestamp::EPOCH + since_epoch
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        // In slices, so that a deadline far away survives a change of the machine's clock.
        const SLICE: Duration = Duration::from_secs(60);
        loop {
            let left = deadline - self.now();
            if left.is_zero() {
                return;
            }
            Delay::new(left.min(SLICE)).await;
        }
    }
}
