//! What a server says of the requests that it answers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use pogo_core::scheduler::Actor;

use crate::RouterState;

/// The header by which a request and its line in a log are found together.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request whose answer is about to be sent. Nothing of it is a secret: neither its query nor its headers are here,
/// and of its path only the pattern.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct AnsweredRequest<'a> {
    /// Its id, which the answer has as `x-request-id`: that of a proxy before the server, or a new one.
    pub id: &'a str,
    /// Who asked, if that is known.
    pub actor: Option<&'a Actor>,
    /// The method.
    pub method: &'a Method,
    /// The pattern of its path, as [`routes`](crate::routes) has it; `None` of files of the page, and of what is not
    /// there.
    pub route: Option<&'static str>,
    /// The status of the answer.
    pub status: StatusCode,
    /// How long it took until the answer began. Streams go on after it.
    pub took: Duration,
}

/// Keeps what requests were answered. Those whose sender has gone before the answer are left out.
///
/// ```
/// use pogo_web::{AnsweredRequest, RequestLog};
///
/// /// Prints a line for each.
/// struct Lines;
///
/// impl RequestLog for Lines {
///     fn answered(&self, request: &AnsweredRequest<'_>) {
///         let who = request.actor.map_or("somebody", |actor| &actor.name);
///         let what = request.route.unwrap_or("something else");
///         println!("{} {who} {} {what} {}", request.id, request.method, request.status);
///     }
/// }
/// ```
pub trait RequestLog: Send + Sync {
    /// Takes one. It is called for each request, while the answer waits.
    fn answered(&self, request: &AnsweredRequest<'_>);
}

/// Gives requests their ids.
pub(crate) struct RequestIds {
    /// Tells those of one process from those of the next.
    begun: u64,
    next: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let begun = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let next = AtomicU64::new(1);
        Self { begun, next }
    }

    /// The id that somebody before the server has given it, or a new one.
    fn of(&self, headers: &HeaderMap) -> String {
        let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
        if let Some(given) = given.filter(|id| is_id(id)) {
            return given.to_owned();
        }
        format!("{:x}-{:x}", self.begun, self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// What goes into logs as it is.
fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

/// What becomes known of a request on its way. An extension of each.
#[derive(Clone, Default)]
pub(crate) struct RequestFacts(Arc<Facts>);

#[derive(Default)]
struct Facts {
    route: OnceLock<&'static str>,
    actor: OnceLock<Arc<Actor>>,
}

impl RequestFacts {
    pub(crate) fn is_for(&self, route: &'static str) {
        let _ = self.0.route.set(route);
    }

    pub(crate) fn is_by(&self, actor: &Arc<Actor>) {
        let _ = self.0.actor.set(Arc::clone(actor));
    }
}

/// Gives the request an id, and passes on what came of it.
pub(crate) async fn add(State(state): State<RouterState>, mut request: Request, next: Next) -> Response {
    let shared = state.shared();
    let id = shared.request_ids.of(request.headers());
    let facts = RequestFacts::default();
    request.extensions_mut().insert(facts.clone());
    let (method, began) = (request.method().clone(), Instant::now());
    let mut response = next.run(request).await;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    if let Some(log) = &shared.request_log {
        log.answered(&AnsweredRequest {
            id: &id,
            actor: facts.0.actor.get().map(|actor| &**actor),
            method: &method,
            route: facts.0.route.get().copied(),
            status: response.status(),
            took: began.elapsed(),
        });
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_somebody_else_is_taken_if_it_is_one() {
        let ids = RequestIds::new();
        let of = |given: &[u8]| {
            let value = HeaderValue::from_bytes(given).unwrap();
            ids.of(&HeaderMap::from_iter([(REQUEST_ID, value)]))
        };
        assert_eq!(of(b"3f2a-17.b_9"), "3f2a-17.b_9");
        let long = "a".repeat(65);
        for given in [&b""[..], b"a b", b"a\"b", b"\xff", long.as_bytes()] {
            assert_ne!(of(given).as_bytes(), given);
        }
        assert_ne!(ids.of(&HeaderMap::new()), ids.of(&HeaderMap::new()));
    }
}
