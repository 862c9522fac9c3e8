//! Documents as responses.

use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use pogo_api::wire::ProblemKind;
use serde::Serialize;

use crate::refusal::Refusal;

/// What a handler gives back.
pub(crate) type Reply = Result<Response, Refusal>;

/// A document as a response. What it says is of this moment, so nobody keeps it.
pub(crate) fn document(document: &impl Serialize) -> Reply {
    let body = serde_json::to_vec(document).map_err(|error| Refusal::new(ProblemKind::Internal, error))?;
    Ok(json(body))
}

/// As [`document`], for one that may be large: others are served meanwhile.
pub(crate) async fn large_document(large: impl Serialize + Send + 'static) -> Reply {
    let written = tokio::task::spawn_blocking(move || document(&large)).await;
    written.unwrap_or_else(|error| Err(Refusal::new(ProblemKind::Internal, error)))
}

fn json(body: Vec<u8>) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, body).into_response()
}
