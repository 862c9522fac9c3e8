//! A clock that stands, so that every document is the same each time.

use std::time::Duration;

use async_trait::async_trait;
use pogo_core::Timestamp;
use pogo_core::dispatcher::Clock;

pub(crate) struct FixedClock;

#[async_trait]
impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000)
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        if deadline > self.now() {
            std::future::pending::<()>().await;
        }
    }

    /// Or commits would wait for ever for what comes next.
    async fn sleep(&self, _time: Duration) {}
}
