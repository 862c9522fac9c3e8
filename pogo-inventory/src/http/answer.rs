//! Responses of a service.

use super::freshness::Freshness;

/// A response of the service.
pub(super) enum HttpAnswer {
    Unchanged(Freshness),
    Changed(Body),
}

/// A response body with its cache headers.
pub(super) struct Body {
    pub(super) text: String,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    pub(super) freshness: Freshness,
}
