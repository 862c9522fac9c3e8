//! The trait that knows what time it is.

use async_trait::async_trait;

use crate::Timestamp;

/// Tells the time and waits for it. The only clock there is: the scheduler gets the time as an argument.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time now. Need not be monotonic: the dispatcher never hands an earlier time to the scheduler than before.
    fn now(&self) -> Timestamp;

    /// Waits until then; returns at once if that has passed.
    async fn sleep_until(&self, deadline: Timestamp);
}
