//! Logins of people in their browsers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use pogo_api::wire::{LoggedOut, Logins, ProblemKind, Session};
use pogo_core::Timestamp;
use pogo_core::scheduler::Answer;

use crate::json::{Reply, document};
use crate::parameters::Parameters;
use crate::refusal::Refusal;
use crate::request::Request;
use crate::{RouterState, cross_origin};

/// By what people can log in: what the page offers to whoever is not known yet.
pub(crate) async fn logins(State(state): State<RouterState>) -> Reply {
    let logins = state.shared().logins.as_ref();
    document(&Logins::new(logins.map(|logins| logins.choices()).unwrap_or_default()))
}

/// Who asks.
pub(crate) async fn session(mut request: Request, headers: HeaderMap) -> Reply {
    std::mem::take(&mut request.parameters).finish()?;
    let logins = request.shared().logins.as_ref();
    let session = logins.and_then(|logins| logins.session(&headers));
    let until = session.as_ref().map(|(_, left)| now() + Duration::from_millis(*left));
    let actor = (*request.access.identity.actor).clone();
    document(&Session::new(actor, session.map(|(login, _)| login), until))
}

/// Leads a browser to where somebody logs in.
pub(crate) async fn login(State(state): State<RouterState>, Path(name): Path<String>, request: Parts) -> Reply {
    let mut parameters = Parameters::parse(request.uri.query());
    let to: Option<String> = parameters.optional("to")?;
    parameters.finish()?;
    let logins = state.shared().logins.as_ref().ok_or_else(no_login)?;
    let led = logins.begin(&name, &to.unwrap_or_default()).await;
    led.ok_or_else(no_login)
}

/// Whoever comes back from there. It is read by a person, whatever happens.
pub(crate) async fn login_callback(
    State(state): State<RouterState>,
    Path(name): Path<String>,
    request: Parts,
) -> Reply {
    let logins = state.shared().logins.as_ref().ok_or_else(no_login)?;
    let finished: Option<Response> = logins.finish(&name, &request).await;
    finished.ok_or_else(no_login)
}

/// Ends the session of whoever asks, if there is one.
pub(crate) async fn logout(State(state): State<RouterState>, request: Parts) -> Reply {
    cross_origin::check(&request)?;
    match state.shared().logins.as_ref() {
        Some(logins) => Ok(logins.end(&request.headers)),
        None => document(&LoggedOut::new(Answer::Done, None)),
    }
}

fn no_login() -> Refusal {
    Refusal::new(
        ProblemKind::NoSuchPath,
        "nobody logs in by this name here; `/v1/logins` lists those that there are",
    )
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
