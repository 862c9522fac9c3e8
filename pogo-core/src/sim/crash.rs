//! Crashes of the dispatcher.

use std::time::Duration;

/// When the dispatcher dies, and how long it takes until another takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Crash {
    /// Position in the records of the last event that is written down.
    pub(super) event: usize,
    pub(super) downtime: Duration,
}
