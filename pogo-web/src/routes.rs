//! The table of routes.

use axum::Router;
use axum::http::Method;
use axum::routing::{MethodRouter, get, post};
use pogo_api::wire::ProblemKind;

use crate::refusal::Refusal;
use crate::{RouterState, handlers};

/// A route, by its method and the pattern of its path.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: &'static str,
}

/// The routes of a [`router`], in the order of its documentation.
pub fn routes() -> Vec<Route> {
    let table = table().into_iter();
    table.map(|(method, path, _)| Route { method, path }).collect()
}

/// A router that answers from this state. It can be mounted anywhere in another, and serves nothing by itself.
pub fn router(state: RouterState) -> Router {
    let table = table().into_iter();
    let router = table.fold(Router::new(), |router, (_, path, handler)| router.route(path, handler));
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
        .with_state(state)
}

/// All routes. The router is made of it, and so is the list that tests hold documentation and cases against.
fn table() -> Vec<(Method, &'static str, MethodRouter<RouterState>)> {
    macro_rules! namespace {
        ($rest:literal) => {
            concat!("/v1/namespaces/{namespace}", $rest)
        };
    }
    vec![
        (Method::GET, "/healthz", get(handlers::health)),
        (Method::GET, "/v1", get(handlers::about)),
        (Method::GET, "/v1/namespaces", get(handlers::namespaces)),
        (Method::GET, namespace!(""), get(handlers::namespace)),
        (Method::GET, namespace!("/status"), get(handlers::status)),
        (Method::GET, namespace!("/configuration"), get(handlers::configuration)),
        (Method::POST, namespace!("/orders"), post(handlers::order)),
        (Method::POST, namespace!("/preview"), post(handlers::preview)),
        (Method::POST, namespace!("/answers"), post(handlers::answers)),
        (Method::POST, namespace!("/secrets"), post(handlers::secrets)),
        (Method::GET, namespace!("/jobs"), get(handlers::jobs)),
        (Method::GET, namespace!("/jobs/{job}"), get(handlers::job)),
        (Method::GET, namespace!("/jobs/{job}/wait"), get(handlers::wait)),
        (Method::GET, namespace!("/jobs/{job}/hosts"), get(handlers::hosts)),
        (Method::GET, namespace!("/jobs/{job}/events"), get(handlers::job_events)),
        (
            Method::GET,
            namespace!("/jobs/{job}/hosts/{host}/explain"),
            get(handlers::explain),
        ),
        (
            Method::GET,
            namespace!("/jobs/{job}/hosts/{host}/reasons"),
            get(handlers::reasons),
        ),
        (Method::GET, namespace!("/jobs/{job}/overview"), get(handlers::overview)),
        (Method::GET, namespace!("/jobs/{job}/bars"), get(handlers::bars)),
        (
            Method::GET,
            namespace!("/jobs/{job}/attempts/{attempt}/output/{stream}"),
            get(handlers::output),
        ),
        (Method::GET, namespace!("/hosts/{host}"), get(handlers::host)),
        (Method::GET, namespace!("/attempts"), get(handlers::attempts)),
        (Method::GET, namespace!("/slots"), get(handlers::slots)),
        (Method::GET, namespace!("/holds"), get(handlers::holds)),
        (Method::GET, namespace!("/history"), get(handlers::history)),
        (Method::GET, namespace!("/events"), get(handlers::events)),
    ]
}
