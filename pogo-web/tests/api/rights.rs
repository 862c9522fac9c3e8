//! Every endpoint and every order, for everybody who may come: allowed or refused as the grants say.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{Actor, Command, JobId, Order};
use pogo_web::{
    AuthError, Authenticator, Grant, Grants, Identity, Limits, OutputFeed, QuestionBoard, RouterState, SecretsKeeper,
    ServedNamespace, Uploads, Verb, Who, router, routes,
};
use tower_service::Service;

use crate::memory_history::MemoryHistory;
use crate::rights_table::{EVERYBODY, ROUTES, grants, orders};
use crate::scenario::scenario;
use crate::served::{Served, Setup, private_directory};

/// Whoever the header names, with files of this machine, so that nothing but grants is in the way.
struct Named;

#[async_trait]
impl Authenticator for Named {
    async fn authenticate(&self, request: &Parts) -> Result<Identity, AuthError> {
        let name = request.headers.get("x-as").and_then(|name| name.to_str().ok());
        let name = name.ok_or_else(|| AuthError::unauthenticated("who?"))?;
        let identity = Identity::new(Actor::new(name)).with_local_files();
        Ok(match name {
            "owner" => identity.as_owner(),
            "scoped" => {
                let view = Grant::new([Who::Anybody], [Verb::View]);
                identity.as_owner().with_scope(Grants::new().grant(view))
            }
            "scoped-boss" => {
                let own = Grant::new([Who::Anybody], [Verb::SteerOwn, Verb::Run]).targets("web1".parse().unwrap());
                identity.in_groups(["bosses"]).with_scope(Grants::new().grant(own))
            }
            _ => identity,
        })
    }
}

struct Forgets;

impl SecretsKeeper for Forgets {
    fn keep(&self, _: pogo_api::wire::Secrets) {}
}

struct Guarded {
    router: Router,
    served: Served,
    _directory: tempfile::TempDir,
}

impl Guarded {
    async fn new() -> Self {
        let directory = private_directory();
        let served = scenario(Setup::default(), &directory.path().join("pogo.sock")).await;
        let feed = OutputFeed::new();
        let namespace = ServedNamespace::new(served.handle.clone())
            .output(Arc::new(served.output.clone()))
            .output_feed(feed)
            .questions(QuestionBoard::new())
            .secrets(Arc::new(Forgets))
            .uploads(Uploads::in_directory(directory.path().join("inputs")))
            .history(Arc::new(MemoryHistory(served.journal.clone())));
        let state = RouterState::builder(Arc::new(Named))
            .grants(grants())
            .limits(Limits::new().wait_time(Duration::ZERO))
            .namespace("default".parse().unwrap(), namespace)
            .build();
        Self {
            router: router(state),
            served,
            _directory: directory,
        }
    }

    async fn ask(&self, who: Option<&str>, method: &str, path: &str, body: String) -> (StatusCode, String) {
        let mut request = Request::builder()
            .method(method)
            .uri(path.replace('…', "/v1/namespaces/default"));
        if let Some(who) = who {
            request = request.header("x-as", who);
        }
        let request = request
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap();
        let answer = self.router.clone().call(request).await.unwrap();
        let status = answer.status();
        let is_stream = answer
            .headers()
            .get("content-type")
            .is_some_and(|kind| kind == "text/event-stream");
        let body = match is_stream {
            true => Vec::new(),
            false => answer.into_body().collect().await.unwrap().to_bytes().to_vec(),
        };
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    /// Whether somebody came further than the grants.
    async fn is_allowed(&self, who: &str, method: &str, path: &str, body: String) -> bool {
        let (status, said) = self.ask(Some(who), method, path, body).await;
        assert!(
            status != StatusCode::UNAUTHORIZED && !status.is_server_error(),
            "{who} {method} {path}: {status} {said}"
        );
        status != StatusCode::FORBIDDEN
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_lets_through_whom_the_table_says_and_nobody_else() {
    let guarded = Guarded::new().await;
    let known: BTreeSet<String> = routes()
        .iter()
        .map(|route| {
            format!(
                "{} {}",
                route.method,
                route.path.replace("/v1/namespaces/{namespace}", "…")
            )
        })
        .collect();
    let rows: BTreeSet<String> = ROUTES.iter().map(|(route, ..)| (*route).to_owned()).collect();
    assert_eq!(known, rows, "each route has a row that says who is let through");
    for (route, path, allowed) in ROUTES {
        let method = route.split(' ').next().unwrap();
        let body = || match *path {
            "…/answers" => r#"{"version":1,"id":0,"answer":null}"#.to_owned(),
            "…/secrets" => r#"{"version":1,"id":"7c1e"}"#.to_owned(),
            _ => "{}".to_owned(),
        };
        for who in EVERYBODY {
            let is_allowed = guarded.is_allowed(who, method, path, body()).await;
            assert_eq!(is_allowed, allowed.contains(who), "{who} at {route}");
        }
        let (status, _) = guarded.ask(None, method, path, body()).await;
        let expected = match *route {
            "GET /healthz" | "GET /readyz" | "GET /v1/openapi.json" | "GET /v1/logins" | "POST /logout" => {
                StatusCode::OK
            }
            "GET /login/{login}" | "GET /login/{login}/callback" => StatusCode::NOT_FOUND,
            _ => StatusCode::UNAUTHORIZED,
        };
        assert_eq!(status, expected, "nobody at {route}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_order_is_taken_from_whom_the_table_says_and_from_nobody_else() {
    let guarded = Guarded::new().await;
    let orders = orders();
    let kinds: BTreeSet<_> = orders
        .iter()
        .map(|(_, order, _)| format!("{:?}", order.kind()))
        .collect();
    assert_eq!(
        kinds.len(),
        16,
        "each kind of order has a row that says who may give it"
    );
    for (what, order, allowed) in orders {
        for path in ["…/preview", "…/orders"] {
            if path == "…/preview" && matches!(order, Order::Configure { .. }) {
                continue;
            }
            for who in EVERYBODY {
                let command = Command::new(in_their_name(order.clone(), who)).because("why");
                let body = serde_json::to_string(&command).unwrap();
                let is_allowed = guarded.is_allowed(who, "POST", path, body).await;
                assert_eq!(is_allowed, allowed.contains(who), "{who}: {what} at {path}");
            }
        }
    }
}

/// Holds of `me` are those of whoever orders them.
fn in_their_name(mut order: Order, who: &str) -> Order {
    if let Order::Hold { owner: name, .. } | Order::Release { by: name, .. } = &mut order
        && name.as_str() == "me"
    {
        *name = who.parse().unwrap();
    }
    order
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_output_of_a_stream_is_for_those_who_may_read_it() {
    let guarded = Guarded::new().await;
    let status = async |who, path| guarded.ask(Some(who), "GET", path, String::new()).await.0;
    // Whoever may view and not read sees what happens, and nothing that hosts write.
    assert_eq!(status("viewer", "…/events?output=true").await, StatusCode::FORBIDDEN);
    assert_eq!(status("owner", "…/events?output=true").await, StatusCode::OK);
    assert_eq!(status("scoped", "…/events?output=true").await, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_namespace_that_nobody_granted_looks_like_one_that_is_not_there() {
    let guarded = Guarded::new().await;
    let ask = async |who, path| guarded.ask(Some(who), "GET", path, String::new()).await;
    let there = ask("stranger", "/v1/namespaces/default/jobs").await;
    let not_there = ask("stranger", "/v1/namespaces/nowhere/jobs").await;
    assert_eq!(there.0, StatusCode::FORBIDDEN);
    assert_eq!(there.1.replace("default", "nowhere"), not_there.1);
    let names = async |who| ask(who, "/v1/namespaces").await.1.contains("\"default\"");
    assert!(!names("stranger").await && !names("elsewhere").await);
    assert!(names("viewer").await && names("cook").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_that_changes_changes_whom_a_grant_reaches() {
    let guarded = Guarded::new().await;
    let body = |targets: &str| {
        let spec = JobSpec::new(targets.parse().unwrap(), RemoteCommand::shell("id"));
        serde_json::to_string(&Command::new(Order::submit(spec))).unwrap()
    };
    let may_run = async |targets: &str| guarded.is_allowed("tagged", "POST", "…/orders", body(targets)).await;
    let configure = async |db: &str| {
        let fleet = Fleet::builder()
            .tagged("web", "web[1-4]")
            .tagged("db", db)
            .build()
            .unwrap();
        let order = Order::Configure {
            fleet: Arc::new(fleet),
            policy: Arc::new(Policy::default()),
        };
        guarded.served.handle.execute(Command::new(order)).await.unwrap();
    };
    // A tag that the fleet does not have reaches no host, nor do those that are named.
    assert!(!may_run("web1").await && !may_run("$db").await);
    configure("web1").await;
    assert!(may_run("web1").await && may_run("$db").await && !may_run("web2").await);
    configure("web2").await;
    assert!(!may_run("web1").await && may_run("web2").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_submits_under_the_name_of_another() {
    let guarded = Guarded::new().await;
    let mut spec = JobSpec::new("web1".parse().unwrap(), RemoteCommand::shell("id"));
    spec.user = "mallory".to_owned();
    let body = serde_json::to_string(&Command::new(Order::submit(spec.clone()))).unwrap();
    let (status, said) = guarded.ask(Some("runner"), "POST", "…/orders", body).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    let job = serde_json::from_str::<serde_json::Value>(&said).unwrap();
    let job = JobId::new(
        job["answer"]["submitted"]["job"]
            .as_u64()
            .or_else(|| job["submitted"]["job"].as_u64())
            .unwrap_or(3),
    );
    let details = guarded.served.namespace().job(job).await.unwrap();
    assert_eq!(details.summary.user, "runner");
    let mut command = Command::new(Order::submit(spec));
    command.actor = Some(Arc::new(Actor::new("alice")));
    let body = serde_json::to_string(&command).unwrap();
    assert_eq!(
        guarded.ask(Some("runner"), "POST", "…/orders", body).await.0,
        StatusCode::FORBIDDEN
    );
}
