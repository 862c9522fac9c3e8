//! Responses of a service.

use super::freshness::Freshness;

/// A response of the service.
pub(super) enum HttpAnswer {
    /// 304: what was read before still holds.
    Unchanged(Freshness),
    /// A body, which may be the same as before.
    Changed(Body),
}

/// A response body with its cache headers.
pub(super) struct Body {
    pub(super) text: String,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    pub(super) freshness: Freshness,
}
