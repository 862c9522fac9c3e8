//! What a namespace is configured with.

use std::sync::Arc;

use axum::http::HeaderValue;
use axum::http::header::ETAG;
use pogo_api::wire::{Configuration, ProblemKind};

use crate::json::{Reply, large_document};
use crate::refusal::Refusal;
use crate::request::Request;

pub(crate) async fn configuration(request: Request) -> Reply {
    let namespace = request.namespace()?.clone();
    request.parameters.finish()?;
    // Held, so that the tag is that of this very fleet.
    let held = namespace.revisions.hold(&namespace.handle).await?;
    let tag = HeaderValue::from_str(&namespace.revisions.tag(&held));
    let configuration = Configuration::new(held.fleet.clone(), Arc::clone(&held.policy));
    drop(held);
    let mut response = large_document(configuration).await?;
    let tag = tag.map_err(|error| Refusal::new(ProblemKind::Internal, error))?;
    response.headers_mut().insert(ETAG, tag);
    Ok(response)
}
