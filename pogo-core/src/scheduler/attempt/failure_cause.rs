//! Causes of failures that programs act upon.

use serde::{Deserialize, Deserializer, Serialize};

/// The cause of a failure, where a program does something about it: a message is for people, and nobody reads it else.
///
/// A record of a later version may have a cause that this one does not know. It is read as a failure without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureCause {
    /// No key of the host is known: it was never connected to, or its key was not recorded. One that has changed is
    /// another matter.
    UnknownHostKey,
}

impl FailureCause {
    /// For fields: unknown causes are none.
    pub(super) fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum WrittenCause {
            Known(FailureCause),
            Other(serde::de::IgnoredAny),
        }
        Ok(match WrittenCause::deserialize(deserializer)? {
            WrittenCause::Known(cause) => Some(cause),
            WrittenCause::Other(_) => None,
        })
    }
}
