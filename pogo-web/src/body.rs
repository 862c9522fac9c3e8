//! Receiving bodies, within limits.

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use pogo_api::wire::{Problem, ProblemKind};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::refusal::Refusal;
use crate::state::RouterShared;

/// Bodies above this are read beside other requests: a fleet of a hundred thousand hosts takes a second.
const LARGE: usize = 256 << 10;

/// Receives a document. Nothing is kept of one that is too large, too slow, or not what it says it is.
pub(crate) async fn receive<T: DeserializeOwned + Send + 'static>(
    shared: &RouterShared,
    headers: &HeaderMap,
    body: Body,
) -> Result<T, Refusal> {
    check_media_type(headers)?;
    let most = shared.limits.body;
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    // Before anything is read: whoever sends too much hears it at once.
    if announced.is_some_and(|length| length > most) {
        return Err(too_large(most));
    }
    // Memory is taken for the length that is said, and for the most where none is: others may not
    // receive what this one could send.
    let length = announced.unwrap_or(most);
    let bytes = timeout(shared.limits.body_time, collect(shared, body, length)).await;
    let bytes = bytes.unwrap_or_else(|_| {
        let within = shared.limits.body_time;
        let said = format_args!("the body did not come within {within:?}, or too many others came; send it again");
        Err(Refusal::new(ProblemKind::BodyTooSlow, said))
    })?;
    if bytes.len() < LARGE {
        return read(&bytes);
    }
    let reading = tokio::task::spawn_blocking(move || read(&bytes));
    reading
        .await
        .unwrap_or_else(|error| Err(Refusal::new(ProblemKind::Internal, error)))
}

async fn collect(shared: &RouterShared, body: Body, length: usize) -> Result<Bytes, Refusal> {
    let kib = u32::try_from(length.div_ceil(1024)).unwrap_or(u32::MAX);
    // Within the time limit of the body, so that waiting for memory is bounded, too.
    let _memory = shared.bodies.acquire_many(kib).await;
    let collected = Limited::new(body, shared.limits.body).collect().await;
    match collected {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(shared.limits.body)),
        Err(error) => Err(Refusal::new(
            ProblemKind::InvalidBody,
            format_args!("the body broke off: {error}"),
        )),
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(bytes).map_err(|error| {
        let problem = Problem::new(
            ProblemKind::InvalidBody,
            format_args!("the body cannot be read: {error}"),
        );
        problem.at_line(error.line(), error.column()).into()
    })
}

/// A form of a web page cannot have this type without asking first, so no page of others gives orders.
fn check_media_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers
        .get(CONTENT_TYPE)
        .and_then(|given| given.to_str().ok())
        .unwrap_or_default();
    let media_type = given.split(';').next().unwrap_or_default().trim();
    match media_type.eq_ignore_ascii_case("application/json") {
        true => Ok(()),
        false => {
            let said = "the body has to be JSON; send it with `Content-Type: application/json`";
            Err(Refusal::new(ProblemKind::WrongMediaType, said))
        }
    }
}

fn too_large(most: usize) -> Refusal {
    let said = format_args!("the body has more than {most} bytes; give the order in smaller pieces");
    Refusal::new(ProblemKind::BodyTooLarge, said)
}
