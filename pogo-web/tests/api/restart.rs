//! Servers and dispatchers that end in mid-stream, and are replaced.

use std::path::Path;
use std::time::Duration;

use futures::StreamExt;
use pogo_api::Client;
use pogo_core::scheduler::{JobId, Order};
use pogo_core::stream::{StreamRequest, Update};
use pogo_web::Limits;

use crate::follow::{assert_is_journal, records_until_over};
use crate::orders::job;
use crate::served::{Served, Setup, private_directory};

async fn serve(path: &Path, setup: Setup) -> Served {
    setup.serve_at(path, |builder| builder).await
}

/// Follows a namespace over three dispatchers on one journal. Each but the last ends so while web3 runs.
async fn follow_over_three(end: impl AsyncFn(Served) -> Setup) {
    let directory = private_directory();
    let path = directory.path().join("pogo.sock");
    let mut served = serve(&path, Setup::default()).await;
    let client = Client::unix(&path).namespace("default").unwrap();
    let mut updates = client.subscribe(StreamRequest::new());
    let first = updates.next().await.unwrap().unwrap();
    assert!(matches!(first, Update::Snapshot { .. }));
    let after = first.id().unwrap();
    // From an empty namespace on, so that all of the journal is followed.
    let last = JobId::new(4);
    let follow =
        tokio::spawn(
            async move { records_until_over(client.subscribe(StreamRequest::new().after(after)), last).await },
        );
    served.configure().await;
    for _ in 0..2 {
        served.namespace().submit(job("web[1,4]")).await.unwrap();
        let setup = end(served).await;
        served = serve(&path, setup).await;
    }
    let third = served.namespace().submit(job("web3")).await.unwrap();
    served.namespace().execute(Order::Abort { job: third }).await.unwrap();
    served.namespace().wait(third).await.ok();
    assert_eq!(served.namespace().submit(job("web1")).await.unwrap(), last);
    let seen = follow.await.unwrap();
    assert_is_journal(&seen, &served.records().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_goes_on_when_the_server_closes_and_another_comes() {
    follow_over_three(async |served| Setup::over(served.close().await)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_goes_on_when_the_server_is_killed_and_another_comes() {
    follow_over_three(async |served| Setup::over(served.kill().await)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_for_a_job_waits_on_when_the_server_is_replaced() {
    let directory = private_directory();
    let path = directory.path().join("pogo.sock");
    let limits = Limits::new().streams(1);
    let served = serve(
        &path,
        Setup {
            limits,
            ..Setup::default()
        },
    )
    .await;
    served.configure().await;
    let job = served.namespace().submit(job("web3")).await.unwrap();
    let client = Client::unix(&path).namespace("default").unwrap();
    let waits = tokio::spawn(async move { client.wait(job).await });
    // It waits once it has the only stream that there may be.
    while served
        .namespace()
        .subscribe(StreamRequest::new())
        .next()
        .await
        .unwrap()
        .is_ok()
    {}
    let served = serve(&path, Setup::over(served.close().await)).await;
    served.namespace().execute(Order::Abort { job }).await.ok();
    // It is in doubt after the takeover or cancelled, and so over; it may even have left the scheduler.
    assert_eq!(waits.await.unwrap().unwrap().job, job);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_come_back_is_given_up() {
    let served = Served::new().await;
    let client = served.client.clone().reconnect_for(Duration::from_millis(50));
    let mut updates = client.namespace("default").unwrap().subscribe(StreamRequest::new());
    updates.next().await.unwrap().unwrap();
    served.close().await;
    let error = loop {
        if let Err(error) = updates.next().await.unwrap() {
            break error;
        }
    };
    assert_eq!(error.exit_code(), 69, "{error}");
    assert!(updates.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispatcher_that_has_ended_is_told_apart() {
    let served = Served::new().await;
    served.handle.shutdown(Duration::ZERO).await.unwrap();
    let error = loop {
        match served.namespace().status().await {
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => break error,
        }
    };
    assert_eq!(
        (error.exit_code(), error.problem().unwrap().kind.code()),
        (69, "stopped")
    );
    assert!(served.client.about().await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_closes_answers_what_it_has_received() {
    let mut served = Served::new().await;
    served.configure().await;
    // What nobody has received when the server ends is lost, and no other comes.
    let client = served.client.clone().reconnect_for(Duration::from_millis(50));
    let namespace = client.namespace("default").unwrap();
    let orders = tokio::spawn(async move { namespace.submit(job("web1")).await });
    served.begin_to_close();
    // Either it was received and is answered, or nobody was there to receive it.
    if let Err(error) = orders.await.unwrap() {
        assert!([69, 75].contains(&error.exit_code()), "{error}");
    }
    (&mut served.serving).await.unwrap();
    assert!(!served.path.exists());
}
