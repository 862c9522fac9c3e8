//! How a dispatcher is, as far as no record says it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::journal::{Epoch, Seq};

/// How a dispatcher is. See [`Handle::status`](super::Handle::status).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DispatcherStatus {
    /// Whether the journal takes commits.
    #[serde(flatten)]
    pub journal: JournalStatus,
    /// Since when something has been decided that is not durable yet; `None` where all is. Nothing has acted on it, but queries that
    /// have waited for a second are answered with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_durable_since: Option<Timestamp>,
    /// The position after the last durable record.
    pub end: Seq,
    /// The epoch of this ownership of the journal.
    pub epoch: Epoch,
    /// How many attempts are under way.
    pub running: usize,
}

/// Whether a journal takes commits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "journal", rename_all = "snake_case")]
#[non_exhaustive]
pub enum JournalStatus {
    /// As far as is known.
    Ok,
    /// It cannot be reached, and is tried again.
    Away {
        /// When that was first seen.
        since: Timestamp,
        /// What it said last.
        message: String,
    },
}

impl fmt::Display for JournalStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("available"),
            Self::Away { since, message } => write!(f, "away since {}: {message}", since.utc()),
        }
    }
}
