//! Server-sent events, as bytes.

use axum::body::Bytes;
use pogo_api::wire::{
    DIGEST_EVENT, END_EVENT, HostOutput, OUTPUT_EVENT, PROBLEM_EVENT, Problem, ProblemKind, QUESTION_EVENT, Question,
    StreamEnd, StreamEndReason, UpdateDigest,
};
use pogo_core::stream::Update;
use serde::Serialize;

use super::EncodedRecords;

/// The first bytes of a stream: that it is there, and how soon a browser reconnects.
pub(crate) const BEGIN: &[u8] = b"retry: 1000\n\n";

/// Updates of more records or hosts than this are written beside other requests.
fn is_large(update: &Update) -> bool {
    matches!(update, Update::Snapshot { .. })
}

/// An update. Its id is where a browser goes on; of a resync that is nowhere, which an empty id says.
pub(super) async fn update(encoded: &EncodedRecords, update: Update) -> Bytes {
    // Nearly all updates are a few records: handing those to another thread would cost more than
    // writing them.
    if !is_large(&update) {
        let head = head_of(&update);
        return event_of(&head, |bytes| encoded.write(&update, bytes));
    }
    let writing = tokio::task::spawn_blocking(move || event(&head_of(&update), &update));
    writing
        .await
        .unwrap_or_else(|error| problem(&Problem::new(ProblemKind::Internal, error)))
}

/// An update with records, which has no other form for anybody.
pub(super) fn records(update: &Update) -> Bytes {
    event_of(&head_of(update), |bytes| update.write_json(bytes))
}

/// What an update is about, for whoever asked for no more.
pub(super) fn digest(digest: &UpdateDigest, update: &Update) -> Bytes {
    event(&format!("{}event: {DIGEST_EVENT}\n", head_of(update)), digest)
}

fn head_of(update: &Update) -> String {
    let id = update.id().map(|id| id.to_string()).unwrap_or_default();
    format!("id: {id}\n")
}

/// What a host has written.
pub(crate) fn output(output: &HostOutput) -> Bytes {
    event(&format!("event: {OUTPUT_EVENT}\n"), output)
}

/// Somebody is asked for something.
pub(crate) fn question(question: &Question) -> Bytes {
    event(&format!("event: {QUESTION_EVENT}\n"), question)
}

/// The server ends the stream.
pub(crate) fn end(reason: StreamEndReason) -> Bytes {
    event(&format!("event: {END_EVENT}\n"), &StreamEnd::new(reason))
}

/// The stream cannot go on.
pub(crate) fn problem(problem: &Problem) -> Bytes {
    event(&format!("event: {PROBLEM_EVENT}\n"), problem)
}

/// JSON has no line breaks of its own, so it is one line of data.
fn event(head: &str, data: &impl Serialize) -> Bytes {
    event_of(head, |bytes| serde_json::to_writer(bytes, data))
}

fn event_of<E>(head: &str, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Bytes {
    let mut bytes = Vec::from(head);
    bytes.extend_from_slice(b"data: ");
    match write(&mut bytes) {
        Ok(()) => bytes.extend_from_slice(b"\n\n"),
        // Without an end it is no event, and whoever reads reconnects.
        Err(_) => bytes.clear(),
    }
    bytes.into()
}
