//! The table of routes.

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodRouter, get, post};
use pogo_api::wire::ProblemKind;

use crate::access::guard;
use crate::refusal::Refusal;
use crate::{Right, RouterState, Verb, handlers};

/// A route, by its method and the pattern of its path.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// What it asks of whoever comes.
    pub right: Right,
}

/// The routes of a [`router`], in the order of its documentation.
pub fn routes() -> Vec<Route> {
    let table = table().into_iter();
    table
        .map(|(method, path, right, _)| Route { method, path, right })
        .collect()
}

/// A router that answers from this state. It can be mounted anywhere in another, and serves nothing by itself.
pub fn router(state: RouterState) -> Router {
    let table = table().into_iter();
    let router = table.fold(Router::new(), |router, (_, path, right, handler)| {
        router.route(path, guard(&state, path, right, handler))
    });
    #[cfg(feature = "page")]
    let router = crate::page::add_to(router);
    let no_such_path = async || {
        Refusal::new(
            ProblemKind::NoSuchPath,
            "there is nothing at this path; the README of pogo-web lists what there is",
        )
    };
    let other_method = async || {
        Refusal::new(
            ProblemKind::MethodNotAllowed,
            "this path takes another method: GET to ask, POST to order",
        )
    };
    router
        .fallback(no_such_path)
        .method_not_allowed_fallback(other_method)
        .layer(axum::middleware::map_response(crate::headers::add))
        .layer(axum::middleware::from_fn_with_state(
            state.clone(),
            crate::standby_headers::add,
        ))
        // Around all others: whatever is answered has an id, and a line in the log.
        .layer(axum::middleware::from_fn_with_state(
            state.clone(),
            crate::request_log::add,
        ))
        .with_state(state)
}

/// A route and its handler.
type Row = (Method, &'static str, Right, MethodRouter<RouterState>);

/// A route that changes nothing.
fn ask<T: 'static>(path: &'static str, right: Right, handler: impl Handler<T, RouterState>) -> Row {
    (Method::GET, path, right, get(handler))
}

/// A route that changes something.
fn order<T: 'static>(path: &'static str, right: Right, handler: impl Handler<T, RouterState>) -> Row {
    (Method::POST, path, right, post(handler))
}

/// All routes, each with what it asks of whoever comes. The router is made of it, and so is the list that tests hold
/// documentation and cases against.
fn table() -> Vec<Row> {
    const VIEW: Right = Right::Verb(Verb::View);
    const RUN: Right = Right::Verb(Verb::Run);
    macro_rules! namespace {
        ($rest:literal) => {
            concat!("/v1/namespaces/{namespace}", $rest)
        };
    }
    vec![
        ask("/healthz", Right::Anybody, handlers::health),
        ask("/readyz", Right::Anybody, handlers::ready),
        ask("/metrics", Right::Known, handlers::metrics),
        ask("/v1/openapi.json", Right::Anybody, handlers::openapi),
        ask("/v1", Right::Known, handlers::about),
        ask("/v1/logins", Right::Anybody, handlers::logins),
        ask("/v1/session", Right::Known, handlers::session),
        ask("/login/{login}", Right::Anybody, handlers::login),
        ask("/login/{login}/callback", Right::Anybody, handlers::login_callback),
        order("/logout", Right::Anybody, handlers::logout),
        ask("/v1/namespaces", Right::Known, handlers::namespaces),
        ask(namespace!(""), VIEW, handlers::namespace),
        ask(namespace!("/status"), VIEW, handlers::status),
        ask(namespace!("/configuration"), VIEW, handlers::configuration),
        order(namespace!("/orders"), Right::Order, handlers::order),
        order(namespace!("/preview"), Right::Order, handlers::preview),
        order(namespace!("/plan"), VIEW, handlers::plan),
        order(namespace!("/answers"), RUN, handlers::answers),
        order(namespace!("/inputs"), RUN, handlers::inputs),
        order(namespace!("/secrets"), RUN, handlers::secrets),
        ask(namespace!("/jobs"), VIEW, handlers::jobs),
        ask(namespace!("/jobs/{job}"), VIEW, handlers::job),
        ask(namespace!("/jobs/{job}/wait"), VIEW, handlers::wait),
        ask(namespace!("/jobs/{job}/hosts"), VIEW, handlers::hosts),
        ask(namespace!("/jobs/{job}/events"), VIEW, handlers::job_events),
        ask(namespace!("/jobs/{job}/hosts/{host}/explain"), VIEW, handlers::explain),
        ask(namespace!("/jobs/{job}/hosts/{host}/reasons"), VIEW, handlers::reasons),
        ask(namespace!("/jobs/{job}/overview"), VIEW, handlers::overview),
        ask(namespace!("/jobs/{job}/bars"), VIEW, handlers::bars),
        ask(
            namespace!("/jobs/{job}/output"),
            Right::OutputOfJob,
            handlers::job_output,
        ),
        ask(
            namespace!("/jobs/{job}/attempts/{attempt}/output/{stream}"),
            Right::OutputOfJob,
            handlers::output,
        ),
        ask(namespace!("/hosts/{host}"), VIEW, handlers::host),
        ask(namespace!("/attempts"), VIEW, handlers::attempts),
        ask(namespace!("/slots"), VIEW, handlers::slots),
        ask(namespace!("/holds"), VIEW, handlers::holds),
        ask(namespace!("/history"), VIEW, handlers::history),
        ask(namespace!("/touched"), VIEW, handlers::touched),
        ask(namespace!("/records"), VIEW, handlers::records),
        ask(namespace!("/events"), VIEW, handlers::events),
    ]
}
