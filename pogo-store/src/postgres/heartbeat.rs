//! How often an owner shows that it lives.

use std::time::Duration;

/// How often an owner shows that it lives, and after how long a silence it is taken over from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Heartbeat {
    /// After how long without a sign of life an owner is taken over from. It counts five times as often.
    pub timeout: Duration,
}

impl Default for Heartbeat {
    /// Five seconds.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
        }
    }
}

impl Heartbeat {
    /// Takes over from an owner that has not counted for so long; at least half a second.
    pub fn new(timeout: Duration) -> Self {
        Self {
            timeout: timeout.max(Duration::from_millis(500)),
        }
    }

    pub(super) fn every(self) -> Duration {
        // So that one that is late, or lost, means nothing.
        self.timeout / 5
    }
}
