//! Why a server ends a stream.

use serde::{Deserialize, Serialize};

use super::document::document;

document! {
    /// The last event of a stream that the server ends: `{"version":1,"reason":"closing"}`.
    StreamEnd {
        /// Why.
        reason: StreamEndReason,
    }
}

/// Why a server ends a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StreamEndReason {
    /// The server closes; another may come.
    Closing,
    /// The dispatcher has ended; another may come.
    DispatcherEnded,
    /// Another reason, of a newer server.
    #[serde(other)]
    Other,
}
