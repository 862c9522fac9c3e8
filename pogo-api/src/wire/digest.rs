//! What an update of a stream is about.

use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::scheduler::JobId;
use serde::{Deserialize, Serialize};

use super::document::Version;

/// What an update is about, on a stream that was asked for digests: enough for whoever shows a part of a namespace to
/// know when to ask for that part again, and a fraction of the records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct UpdateDigest {
    #[cfg_attr(feature = "openapi", schema(value_type = u32))]
    version: Version,
    /// The time of the last record, or of a heartbeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Whether anything may have changed: a snapshot came in place of records.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// How many records the update has.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub records: usize,
    /// Whether one of them is of no job.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub namespace: bool,
    /// When another dispatcher took over, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takeover: Option<Timestamp>,
    /// Whether a host waits since for an agent that a person has to bring, or for an answer of one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unready: bool,
    /// The jobs that they are of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<JobId>,
    /// The hosts that they are of; of more than [`MOST_HOSTS`](UpdateDigest::MOST_HOSTS) some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<HostName>,
}

impl UpdateDigest {
    /// The most hosts that a digest names: where there are so many, any may be among those that are not named.
    pub const MOST_HOSTS: usize = 500;

    /// About nothing yet.
    pub fn new() -> Self {
        Self {
            version: Version,
            at: None,
            all: false,
            records: 0,
            namespace: false,
            takeover: None,
            unready: false,
            jobs: vec![],
            hosts: vec![],
        }
    }
}

impl Default for UpdateDigest {
    fn default() -> Self {
        Self::new()
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}
