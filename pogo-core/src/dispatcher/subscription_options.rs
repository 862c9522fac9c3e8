//! How a subscription is served.

use std::time::Duration;

/// How a subscription is served. Plain numbers with good defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubscriptionOptions {
    /// After how long without an update a [`Heartbeat`](crate::stream::Update::Heartbeat) is sent. Default: 15 seconds.
    pub heartbeat: Duration,
    /// How many records a reader may be behind: of more a snapshot is sent instead. Default: 10,000.
    pub max_lag: u64,
}

impl Default for SubscriptionOptions {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(15),
            max_lag: 10_000,
        }
    }
}

impl SubscriptionOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets after how long without an update a heartbeat is sent.
    #[must_use]
    pub fn heartbeat(mut self, interval: Duration) -> Self {
        self.heartbeat = interval;
        self
    }

    /// Sets how many records a reader may be behind.
    #[must_use]
    pub fn max_lag(mut self, records: u64) -> Self {
        self.max_lag = records;
        self
    }
}
