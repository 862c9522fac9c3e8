//! How a client is patient.

use std::time::Duration;

/// How long a client waits, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Options {
    /// For an answer that was asked for.
    pub(super) answer: Duration,
    /// For a server that comes back, once something was sent to it.
    pub(super) reconnect: Duration,
    /// For anything at all on a stream, which has heartbeats.
    pub(super) silence: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            // Hosts in doubt are asked before an order about them is answered, which takes a minute or more.
            answer: Duration::from_secs(180),
            reconnect: Duration::from_secs(30),
            silence: Duration::from_secs(60),
        }
    }
}
