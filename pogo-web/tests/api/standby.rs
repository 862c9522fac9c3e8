//! A server that stands by, takes over, and hands over.

use std::path::Path;
use std::sync::Arc;

use futures::StreamExt;
use pogo_api::wire::{NamespaceName, ProblemKind};
use pogo_core::dispatcher::{Handle, JournalFollower, SystemClock};
use pogo_core::history::{JobEventsQuery, JobFilter};
use pogo_core::journal::Journal;
use pogo_core::scheduler::{JobId, Order, Query};
use pogo_core::stream::{StreamRequest, Update};
use pogo_web::unix::{Access, Socket, serve};
use pogo_web::{RouterState, ServedNamespace, Standby, router};

use crate::memory_history::MemoryHistory;
use crate::raw;
use crate::served::{Alice, Served};

/// What whoever balances load is told.
async fn status(path: &Path) -> u16 {
    let answer = raw::exchange(path, raw::request("GET", "/readyz", "").as_bytes()).await;
    raw::parts(&answer).0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stands_by_answers_what_is_asked_and_sends_orders_to_the_owner() {
    let served = Served::new().await;
    served.configure().await;
    let name: NamespaceName = "shared".parse().unwrap();
    let journal: Arc<dyn Journal> = Arc::new(served.journal.clone());
    let (follower, followed) = JournalFollower::open(journal, Arc::new(SystemClock)).await.unwrap();
    let following = tokio::spawn(follower.run());
    let standby = Standby::new("ada at db1").owner_url("https://db1:7646");
    let state = RouterState::builder(Arc::new(Alice))
        .standby(name, standby.view(ServedNamespace::new(followed)))
        .build();
    let path = served.beside("standby.sock");
    let socket = Socket::bind(&path, Access::Personal).unwrap();
    let forever = std::future::pending();
    let serving = tokio::spawn(serve(socket, router(state), Default::default(), forever));
    let shared = pogo_api::Client::unix(&path).namespace("shared").unwrap();
    let mut updates = shared.subscribe(StreamRequest::new());
    assert!(matches!(updates.next().await, Some(Ok(Update::Snapshot { .. }))));
    let job = served.handle.submit(crate::orders::job("web1")).await.unwrap();
    let end = shared.wait(job).await.unwrap();
    assert_eq!(end, served.handle.wait(job).await.unwrap());
    assert_eq!(shared.job(job).await.unwrap().summary.job, job);
    assert!(matches!(updates.next().await, Some(Ok(Update::Records { .. }))));
    // It says whose answer that is.
    let answer = raw::exchange(
        &path,
        raw::request("GET", "/v1/namespaces/shared/status", "").as_bytes(),
    )
    .await;
    let text = answer;
    assert!(
        text.contains("pogo-owner: ada at db1\r\n") && text.contains("pogo-behind-ms: "),
        "{text}"
    );
    assert!(text.contains("\"owner_url\":\"https://db1:7646\""), "{text}");
    // What only a dispatcher can do is done by the owner alone.
    let refused = shared.execute(Order::Pause { job }).await.unwrap_err();
    let problem = refused.problem().unwrap();
    assert_eq!(problem.kind, ProblemKind::Standby);
    assert_eq!(problem.owner.as_deref(), Some("ada at db1"));
    assert_eq!(problem.owner_url.as_deref(), Some("https://db1:7646"));
    let refused = shared.follow(StreamRequest::new()).next().await.unwrap().unwrap_err();
    assert_eq!(refused.problem().unwrap().kind, ProblemKind::Standby);
    serving.abort();
    following.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stands_by_names_the_owner_until_it_serves_the_namespace() {
    let served = Served::new().await;
    served.configure().await;
    let name: NamespaceName = "shared".parse().unwrap();
    let state = RouterState::builder(Arc::new(Alice)).standby(name.clone(), Standby::new("ada at db1:7646"));
    let state = state.build();
    let path = served.beside("standby.sock");
    let socket = Socket::bind(&path, Access::Personal).unwrap();
    let serving = tokio::spawn(serve(
        socket,
        router(state.clone()),
        Default::default(),
        std::future::pending(),
    ));
    let client = pogo_api::Client::unix(&path);
    let shared = client.namespace("shared").unwrap();
    let refused = shared.view(&Query::Namespace).await.unwrap_err();
    let problem = refused.problem().unwrap();
    assert_eq!((&problem.kind, refused.exit_code()), (&ProblemKind::Standby, 69));
    assert!(problem.detail.contains("ada at db1:7646"), "{}", problem.detail);
    // It is known to be here, and whoever balances load sends nobody.
    assert_eq!(client.namespaces().await.unwrap()[0].name, name);
    assert!(status(&path).await == 503);
    let handle: Handle = served.handle.clone();
    state.serve(name.clone(), ServedNamespace::new(handle));
    shared.view(&Query::Namespace).await.unwrap();
    assert!(status(&path).await == 200);
    let history = Arc::new(MemoryHistory(served.journal.clone()));
    state.stand_by(name, Standby::new("bob at db2").history(history));
    let refused = shared.view(&Query::Namespace).await.unwrap_err();
    assert!(refused.to_string().contains("bob at db2"), "{refused}");
    // What the store knows is answered from there.
    let job = served.handle.submit(crate::orders::job("web1")).await.unwrap();
    served.handle.wait(job).await.unwrap();
    let jobs = shared.history(&JobFilter::new()).await.unwrap();
    assert_eq!(jobs.entries[0].job, job);
    let events = shared.job_events(&JobEventsQuery::of(job)).await.unwrap();
    assert!(!events.records.is_empty());
    let unknown = shared
        .job_events(&JobEventsQuery::of(JobId::new(99)))
        .await
        .unwrap_err();
    assert_eq!(unknown.problem().unwrap().kind, ProblemKind::UnknownJob);
    serving.abort();
}
