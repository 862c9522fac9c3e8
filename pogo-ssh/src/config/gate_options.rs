//! Options of the gate at the start of a session.

use std::time::Duration;

/// Options of the gate, which a session passes before anything runs in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GateOptions {
    /// The directory of locks and records on hosts; a relative path starts at the home directory.
    pub(crate) directory: String,
    /// How long a host waits for `go`.
    pub(crate) patience: Duration,
}

impl Default for GateOptions {
    fn default() -> Self {
        Self {
            directory: ".local/state/pogo".to_owned(),
            // Long enough for a takeover of the dispatcher's store, short enough that a paused
            // dispatcher's word comes too late.
            patience: Duration::from_secs(30),
        }
    }
}
