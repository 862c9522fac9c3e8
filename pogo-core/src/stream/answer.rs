//! The answer to a query, and what it is the answer of.

use serde::{Deserialize, Serialize};

use super::StreamId;
use super::version::Version;
use crate::Timestamp;
use crate::scheduler::View;

/// A [`View`], and where in the stream it belongs: a stream that goes on [after](super::StreamRequest::after) this id
/// brings all that has changed since.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct QueryAnswer {
    #[cfg_attr(feature = "openapi", schema(value_type = u32))]
    version: Version,
    /// It holds all records up to there.
    pub as_of: StreamId,
    /// Since when decisions that it holds as well have been waiting to become durable; `None` if it holds only what is
    /// durable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_durable_since: Option<Timestamp>,
    /// The view.
    pub view: View,
}

impl QueryAnswer {
    /// An answer of which all is durable.
    pub fn new(as_of: StreamId, view: View) -> Self {
        Self {
            version: Version,
            as_of,
            not_durable_since: None,
            view,
        }
    }
}
