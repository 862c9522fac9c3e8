//! Who answers, and how it is doing.

use pogo_core::stream::DispatcherStatus;
use serde::{Deserialize, Serialize};

use super::document::document;

document! {
    /// Who answers: `{"version":1,"server":"pogo 0.1.0","process":4711}`.
    About {
        /// The program and its version.
        server: String,
        /// The number of its process.
        process: u32,
    }
}

document! {
    /// The status of a namespace's dispatcher, or of a server that stands by.
    Status {
        /// The status.
        status: DispatcherStatus,
        /// Whose namespace it is, where this server follows it and does not dispatch.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        standby: Option<StandbyStatus>,
    }
}

/// What a server that stands by says of itself: what it answers is what the owner had made durable a moment ago.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct StandbyStatus {
    /// The owner, for people.
    pub owner: String,
    /// Where the owner answers, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_url: Option<String>,
    /// How old its answers may be, in milliseconds.
    pub behind_ms: u64,
}

impl StandbyStatus {
    /// The header of answers that says who owns the namespace, where whoever answers does not.
    pub const OWNER_HEADER: &'static str = "pogo-owner";
    /// The header with the address of the owner.
    pub const OWNER_URL_HEADER: &'static str = "pogo-owner-url";
    /// The header with the milliseconds that an answer may be old.
    pub const BEHIND_HEADER: &'static str = "pogo-behind-ms";

    /// Whoever owns it answers there, and this is what may be missing here.
    pub fn new(owner: impl Into<String>, owner_url: Option<String>, behind_ms: u64) -> Self {
        let owner = owner.into();
        Self {
            owner,
            owner_url,
            behind_ms,
        }
    }
}
