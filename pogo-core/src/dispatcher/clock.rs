//! The clock trait.

use std::time::Duration;

use async_trait::async_trait;

use crate::Timestamp;

/// Reads the time and sleeps. The dispatcher's only clock: the scheduler gets the time as an argument.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The current time. It need not be monotonic: the dispatcher never passes an earlier time to the scheduler than
    /// before.
    fn now(&self) -> Timestamp;

    /// Sleeps until this time; returns at once if it has passed.
    async fn sleep_until(&self, deadline: Timestamp);

    /// Sleeps for this long. A clock that may be set back overrides it, so that no short pause becomes a long one.
    async fn sleep(&self, time: Duration) {
        self.sleep_until(self.now() + time).await;
    }
}
