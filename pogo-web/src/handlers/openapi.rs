//! The description of all routes.

use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// Made by the feature `openapi`, and kept, so that serving it needs neither the feature nor its dependencies.
static DOCUMENT: &str = include_str!("../openapi/openapi.json");

/// Needs no login: it is the same for everybody, and holds nothing of the fleet.
pub(crate) async fn openapi() -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, DOCUMENT).into_response()
}
