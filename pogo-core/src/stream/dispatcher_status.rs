//! The status of a dispatcher, as it travels.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::journal::{ClockSkew, Epoch, Seq};

/// The status of a dispatcher, which is in no record. `Handle::status` gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct DispatcherStatus {
    /// Whether the journal accepts commits.
    #[serde(flatten)]
    pub journal: JournalStatus,
    /// Since when decisions have been waiting to become durable; `None` if all are. Nothing has acted on them, but
    /// queries that have waited for a second are answered with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_durable_since: Option<Timestamp>,
    /// The position after the last durable record.
    pub end: Seq,
    /// The epoch of this ownership of the journal.
    pub epoch: Epoch,
    /// The number of running attempts.
    pub running: usize,
    /// How far the dispatcher's clock is from that of the journal's store, as it was measured last; `None` where the
    /// store has no clock of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_skew: Option<ClockSkew>,
    /// Of a process that follows the journal and does not dispatch (`dispatcher::JournalFollower`): when it last knew
    /// all that the journal had. `None` of a dispatcher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caught_up: Option<Timestamp>,
}

/// Whether a journal accepts commits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "journal", rename_all = "snake_case")]
#[non_exhaustive]
pub enum JournalStatus {
    /// It does, as far as is known.
    Ok,
    /// It cannot be reached, and is retried.
    Away {
        /// When that was first seen.
        since: Timestamp,
        /// Its last error.
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
