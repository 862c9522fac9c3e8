//! How many tasks of a job are in which state.

use serde::{Deserialize, Serialize};

/// How many tasks of a job are in which state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Not started, or to be tried again.
    pub waiting: u32,
    /// Running.
    pub running: u32,
    /// Done.
    pub succeeded: u32,
    /// Failed.
    pub failed: u32,
    /// Ended unknown.
    pub in_doubt: u32,
    /// Skipped by an operator.
    pub skipped: u32,
    /// Will not be run.
    pub cancelled: u32,
}
