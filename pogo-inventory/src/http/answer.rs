//! Responses of a service.

use super::freshness::Freshness;

/// What the service said.
pub(super) enum HttpAnswer {
    Unchanged(Freshness),
    Changed(Body),
}

/// A text, and what the service said about it.
pub(super) struct Body {
    pub(super) text: String,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    pub(super) freshness: Freshness,
}
