//! How a host waits for the word to go.

use std::time::Duration;

/// What a session does before anything runs in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GateOptions {
    /// Where hosts keep locks and records; a relative directory is one of the home directory's.
    pub(crate) directory: String,
    /// How long a host waits for the word to go.
    pub(crate) patience: Duration,
}

impl Default for GateOptions {
    fn default() -> Self {
        Self {
            directory: ".local/state/pogo".to_owned(),
            patience: Duration::from_secs(30),
        }
    }
}
