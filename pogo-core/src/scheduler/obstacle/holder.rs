//! Hosts that hold slots of a bucket.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::fleet::HostName;
use crate::plan::HoldOwner;
use crate::scheduler::JobId;

/// A host that holds a slot of a bucket, and one reason why. A host that is unavailable for several reasons, such
/// as one that failed and is marked down, is listed once for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Holder {
    /// The host.
    pub host: HostName,
    /// Why it is unavailable.
    #[serde(flatten)]
    pub reason: HolderReason,
    /// Since when that is so.
    pub since: Timestamp,
}

/// Why a host is unavailable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "because", rename_all = "snake_case")]
#[non_exhaustive]
pub enum HolderReason {
    /// An attempt runs on it or settles.
    Running {
        /// Of this job.
        job: JobId,
    },
    /// Its last attempt failed, and it was neither retried nor skipped since.
    Failed {
        /// In this job.
        job: JobId,
    },
    /// Its last attempt is in doubt, and it was neither retried nor skipped since.
    InDoubt {
        /// In this job.
        job: JobId,
    },
    /// It was marked down, by an operator or a health check.
    Down,
    /// Somebody holds it outside of any job.
    Held {
        /// Who.
        owner: HoldOwner,
    },
}

impl fmt::Display for HolderReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running { job } => write!(f, "running in job {}", job.number()),
            Self::Failed { job } => write!(f, "failed in job {}", job.number()),
            Self::InDoubt { job } => write!(f, "in doubt in job {}", job.number()),
            Self::Down => f.write_str("down"),
            Self::Held { owner } => write!(f, "held by {owner}"),
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.host, self.reason)
    }
}
