//! Causes: why a job halted, why an attempt is in doubt, and why one was cancelled.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The cause of a job's halt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HaltCause {
    /// An operator halted or aborted it.
    Order,
    /// More of its hosts failed than `max_failures` allows.
    MaxFailures,
    /// Its time limit ran out.
    JobTimeout,
}

impl fmt::Display for HaltCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Order => "an operator ordered it",
            Self::MaxFailures => "too many of its hosts failed",
            Self::JobTimeout => "its time limit ran out",
        })
    }
}

/// The cause of an attempt's doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DoubtCause {
    /// Its transport reported it, for example because the connection broke.
    Reported,
    /// Its dispatcher died while it ran.
    Restarted,
    /// It was cancelled, and its transport did not report an end in time.
    Abandoned,
    /// Its namespace was restored from a copy of its journal, or from one that had lost its last records, in which it
    /// had not ended.
    Restored,
}

impl fmt::Display for DoubtCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reported => "its transport does not know how it ended",
            Self::Restarted => "its dispatcher died while it ran",
            Self::Abandoned => "it was cancelled, and no end was reported in time",
            Self::Restored => "its namespace was restored, and no record says what it did since",
        })
    }
}

/// Why a running attempt was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CancelReason {
    /// Its own time limit ran out.
    AttemptTimeout,
    /// The job's time limit ran out.
    JobTimeout,
    /// An operator aborted the job.
    Abort,
    /// The dispatcher was shut down, and the attempt did not end by itself within the grace time.
    Shutdown,
}

impl fmt::Display for CancelReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AttemptTimeout => "its time limit ran out",
            Self::JobTimeout => "the time limit of its job ran out",
            Self::Abort => "its job was aborted",
            Self::Shutdown => "the dispatcher shuts down",
        })
    }
}
