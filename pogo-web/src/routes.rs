//! The table of routes.

use axum::Router;
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
        router.route(path, guard(&state, right, handler))
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
        .with_state(state)
}

/// All routes, each with what it asks of whoever comes. The router is made of it, and so is the list that tests hold
/// documentation and cases against.
fn table() -> Vec<(Method, &'static str, Right, MethodRouter<RouterState>)> {
    const VIEW: Right = Right::Verb(Verb::View);
    const RUN: Right = Right::Verb(Verb::Run);
    macro_rules! namespace {
        ($rest:literal) => {
            concat!("/v1/namespaces/{namespace}", $rest)
        };
    }
    vec![
        (Method::GET, "/healthz", Right::Anybody, get(handlers::health)),
        (Method::GET, "/readyz", Right::Anybody, get(handlers::ready)),
        (Method::GET, "/metrics", Right::Known, get(handlers::metrics)),
        (Method::GET, "/v1/openapi.json", Right::Anybody, get(handlers::openapi)),
        (Method::GET, "/v1", Right::Known, get(handlers::about)),
        (Method::GET, "/v1/namespaces", Right::Known, get(handlers::namespaces)),
        (Method::GET, namespace!(""), VIEW, get(handlers::namespace)),
        (Method::GET, namespace!("/status"), VIEW, get(handlers::status)),
        (
            Method::GET,
            namespace!("/configuration"),
            VIEW,
            get(handlers::configuration),
        ),
        (Method::POST, namespace!("/orders"), Right::Order, post(handlers::order)),
        (
            Method::POST,
            namespace!("/preview"),
            Right::Order,
            post(handlers::preview),
        ),
        (Method::POST, namespace!("/answers"), RUN, post(handlers::answers)),
        (Method::POST, namespace!("/secrets"), RUN, post(handlers::secrets)),
        (Method::GET, namespace!("/jobs"), VIEW, get(handlers::jobs)),
        (Method::GET, namespace!("/jobs/{job}"), VIEW, get(handlers::job)),
        (Method::GET, namespace!("/jobs/{job}/wait"), VIEW, get(handlers::wait)),
        (Method::GET, namespace!("/jobs/{job}/hosts"), VIEW, get(handlers::hosts)),
        (
            Method::GET,
            namespace!("/jobs/{job}/events"),
            VIEW,
            get(handlers::job_events),
        ),
        (
            Method::GET,
            namespace!("/jobs/{job}/hosts/{host}/explain"),
            VIEW,
            get(handlers::explain),
        ),
        (
            Method::GET,
            namespace!("/jobs/{job}/hosts/{host}/reasons"),
            VIEW,
            get(handlers::reasons),
        ),
        (
            Method::GET,
            namespace!("/jobs/{job}/overview"),
            VIEW,
            get(handlers::overview),
        ),
        (Method::GET, namespace!("/jobs/{job}/bars"), VIEW, get(handlers::bars)),
        (
            Method::GET,
            namespace!("/jobs/{job}/attempts/{attempt}/output/{stream}"),
            Right::OutputOfJob,
            get(handlers::output),
        ),
        (Method::GET, namespace!("/hosts/{host}"), VIEW, get(handlers::host)),
        (Method::GET, namespace!("/attempts"), VIEW, get(handlers::attempts)),
        (Method::GET, namespace!("/slots"), VIEW, get(handlers::slots)),
        (Method::GET, namespace!("/holds"), VIEW, get(handlers::holds)),
        (Method::GET, namespace!("/history"), VIEW, get(handlers::history)),
        (Method::GET, namespace!("/touched"), VIEW, get(handlers::touched)),
        (Method::GET, namespace!("/events"), VIEW, get(handlers::events)),
    ]
}
