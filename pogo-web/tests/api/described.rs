//! Holds whatever a server of these tests answers, and what it takes, against its description.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use futures::StreamExt;
use http_body_util::BodyExt;
use serde_json::Value;

use crate::schema;

/// What was not as described. A test fails with it when it ends.
#[derive(Clone, Default)]
pub(crate) struct Undescribed(Arc<Mutex<Vec<String>>>);

impl Undescribed {
    fn add(&self, about: &str, faults: impl IntoIterator<Item = String>) {
        let faults = faults.into_iter().map(|fault| format!("{about}: {fault}"));
        self.0.lock().unwrap().extend(faults);
    }
}

/// Says what was not as described.
pub(crate) struct FailsAtEnd(pub(crate) Undescribed);

impl Drop for FailsAtEnd {
    fn drop(&mut self) {
        let found = self.0.0.lock().unwrap();
        assert!(
            found.is_empty() || std::thread::panicking(),
            "not as described: {found:#?}"
        );
    }
}

/// The router, with whatever passes through it compared.
pub(crate) fn compared(router: Router, undescribed: &Undescribed) -> Router {
    router.layer(from_fn_with_state(undescribed.clone(), compare))
}

async fn compare(State(undescribed): State<Undescribed>, request: Request, next: Next) -> Response {
    let method = request.method().to_string();
    let operation = schema::operation(&method, request.uri().path());
    let about = format!("{method} {}", request.uri());
    let sent = Arc::new(Mutex::new(vec![]));
    let request = copied(request, &sent);
    let response = next.run(request).await;
    // What is not routed is refused with a problem; other methods of a path are.
    let Some(operation) = operation else {
        return response;
    };
    let status = response.status().as_u16();
    let media_type = response
        .headers()
        .get(CONTENT_TYPE)
        .map(|value| value.to_str().unwrap().to_owned());
    let media_type = media_type.unwrap_or_default();
    let answer = match schema::answer(operation, status, &media_type) {
        Ok(answer) => answer,
        Err(fault) => {
            undescribed.add(&about, [fault]);
            return response;
        }
    };
    if status == 200 && operation.get("requestBody").is_some() {
        let sent: Value = serde_json::from_slice(&sent.lock().unwrap()).unwrap();
        undescribed.add(
            &format!("body of {about}"),
            schema::faults(schema::body(operation), &sent),
        );
    }
    match media_type.as_str() {
        "text/event-stream" => events_compared(response, about, undescribed),
        "application/json" | "application/problem+json" => {
            let (parts, body) = response.into_parts();
            let bytes = body.collect().await.unwrap().to_bytes();
            let document: Value = serde_json::from_slice(&bytes).unwrap();
            undescribed.add(&about, schema::faults(&answer, &document));
            Response::from_parts(parts, Body::from(bytes))
        }
        _ => response,
    }
}

/// The request, whose body is copied while it is received.
fn copied(request: Request, copy: &Arc<Mutex<Vec<u8>>>) -> Request {
    let copy = Arc::clone(copy);
    request.map(|body| {
        let copied = body.into_data_stream().inspect(move |bytes| {
            if let Ok(bytes) = bytes {
                copy.lock().unwrap().extend_from_slice(bytes);
            }
        });
        Body::from_stream(copied)
    })
}

/// The response, each of whose events is compared before it is sent.
fn events_compared(response: Response, about: String, undescribed: Undescribed) -> Response {
    let mut come = String::new();
    response.map(|body| {
        let compared = body.into_data_stream().inspect(move |bytes: &Result<Bytes, _>| {
            let Ok(bytes) = bytes else {
                return;
            };
            come.push_str(str::from_utf8(bytes).unwrap());
            while let Some((event, rest)) = come.split_once("\n\n") {
                undescribed.add(&about, event_faults(event));
                come = rest.to_owned();
            }
        });
        Body::from_stream(compared)
    })
}

fn event_faults(event: &str) -> Vec<String> {
    let field = |name: &str| {
        event
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    let Some(data) = field("data") else {
        return vec![];
    };
    let schema = match field("event") {
        None => "Update",
        Some("digest") => "UpdateDigest",
        Some("output") => "HostOutput",
        Some("question") => "Question",
        Some("end") => "StreamEnd",
        Some("problem") => "Problem",
        Some(other) => return vec![format!("the event {other} is not described")],
    };
    schema::faults_of(schema, &serde_json::from_str(data).unwrap())
}
