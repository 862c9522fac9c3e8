//! The door of every route.

use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::Request;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use pogo_api::wire::{NamespaceName, ProblemKind};
use pogo_core::scheduler::JobId;
use std::sync::atomic::Ordering;

use super::{Access, Verb};
use crate::RouterState;
use crate::parameters::parse;
use crate::refusal::Refusal;
use crate::request_log::RequestFacts;
use crate::roles::known;

/// What a route asks of whoever comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Right {
    /// Nothing: it says nothing of anybody.
    Anybody,
    /// To be known.
    Known,
    /// To be allowed this in the namespace that the path names.
    Verb(Verb),
    /// To be allowed to read the output of the job that the path names.
    OutputOfJob,
    /// To be allowed what the order in the body needs.
    Order,
}

/// Puts the door before a route: nobody comes to the handler who is not known, and allowed what the route asks.
pub(crate) fn guard(
    state: &RouterState,
    path: &'static str,
    right: Right,
    handler: MethodRouter<RouterState>,
) -> MethodRouter<RouterState> {
    let handler = match right {
        Right::Anybody => handler,
        right => admitted(state, right, handler),
    };
    handler.route_layer(from_fn(move |request: Request<Body>, next: Next| {
        if let Some(facts) = request.extensions().get::<RequestFacts>() {
            facts.is_for(path);
        }
        next.run(request)
    }))
}

/// A route to which nobody comes who is not known, and allowed what it asks.
fn admitted(state: &RouterState, right: Right, handler: MethodRouter<RouterState>) -> MethodRouter<RouterState> {
    let state = state.clone();
    // A layer of the route and not a line of each handler: no handler can forget it.
    handler.route_layer(from_fn(move |request: Request<Body>, next: Next| {
        let state = state.clone();
        async move {
            let (mut parts, body) = request.into_parts();
            match admit(&state, right, &mut parts).await {
                Ok(access) => {
                    parts.extensions.insert(access);
                    next.run(Request::from_parts(parts, body)).await
                }
                Err(refusal) => Response::into_response(refusal.into_response()),
            }
        }
    }))
}

async fn admit(state: &RouterState, right: Right, parts: &mut Parts) -> Result<Access, Refusal> {
    let shared = state.shared();
    crate::cross_origin::check(parts)?;
    let identity = shared.authenticator.authenticate(parts).await?;
    if let Some(facts) = parts.extensions.get::<RequestFacts>() {
        facts.is_by(&identity.actor);
    }
    // After authentication: a limit by address would stop everybody behind one proxy.
    shared.rates.count(&identity.actor.name)?;
    shared.requests.fetch_add(1, Ordering::Relaxed);
    let segments = Segments::of(parts).await?;
    let namespace: Option<NamespaceName> = segments.parsed("namespace")?;
    let grants = shared.grants.as_ref().map(super::SharedGrants::get);
    let access = Access::new(identity, grants, namespace.clone());
    match right {
        Right::Anybody | Right::Known => {}
        Right::Verb(verb) => access.check(verb)?,
        Right::Order => access.check_any_order()?,
        Right::OutputOfJob => {
            access.check(Verb::ViewOutput)?;
            // Where there is no such namespace or job, the handler says so.
            let namespaces = shared.namespaces.now();
            let found = namespace.and_then(|name| known(&namespaces, &name).ok());
            let job: Option<JobId> = segments.parsed("job")?;
            if let (Some(namespace), Some(job)) = (found, job) {
                access.check_output(namespace, Some(job)).await?;
            }
        }
    }
    Ok(access)
}

/// The segments of a path that have names.
struct Segments(RawPathParams);

impl Segments {
    async fn of(parts: &mut Parts) -> Result<Self, Refusal> {
        let segments = RawPathParams::from_request_parts(parts, &()).await;
        let invalid = |error: axum::extract::rejection::RawPathParamsRejection| {
            Refusal::new(ProblemKind::InvalidParameter, error.body_text())
        };
        segments.map(Self).map_err(invalid)
    }

    fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(&self, name: &str) -> Result<Option<T>, Refusal> {
        let found = self.0.iter().find(|(found, _)| *found == name);
        found.map(|(_, value)| parse(name, value)).transpose()
    }
}
