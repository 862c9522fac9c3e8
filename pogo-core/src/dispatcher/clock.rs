//! The clock trait.

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
}
