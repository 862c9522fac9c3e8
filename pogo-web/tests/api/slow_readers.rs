//! Readers that stop.

use std::time::Duration;

use futures::StreamExt;
use pogo_core::dispatcher::SubscriptionOptions;
use pogo_core::scheduler::{Command, Order};
use pogo_core::stream::{Follower, StreamRequest, Update};
use pogo_web::Limits;
use pogo_web::unix::ServeOptions;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;

use crate::raw::request;
use crate::served::{Served, Setup};

/// Makes records of some MB: more than sockets buffer.
async fn make_records(served: &Served) {
    let reason = "x".repeat(Command::MAX_REASON);
    for _ in 0..400 {
        let hosts = || "*".parse().unwrap();
        served
            .handle
            .execute(Order::Freeze { hosts: hosts() }.because(reason.as_str()))
            .await
            .unwrap();
        served
            .handle
            .execute(Order::Thaw { hosts: hosts() }.because(reason.as_str()))
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_stops_gets_a_snapshot_when_it_goes_on() {
    let mut subscription = SubscriptionOptions::default();
    subscription.max_lag = 10;
    let served = Setup {
        limits: Limits::new().subscription(subscription),
        ..Setup::default()
    }
    .serve()
    .await;
    served.configure().await;
    let mut updates = served.namespace().subscribe(StreamRequest::new());
    let mut follower = Follower::new();
    follower.apply(&updates.next().await.unwrap().unwrap()).unwrap();
    make_records(&served).await;
    let (mut resyncs, mut received) = (0, 0);
    let end = served.handle.status().await.unwrap().end;
    while follower.position().is_none_or(|at| at.seq() != end) {
        let update = updates.next().await.unwrap().unwrap();
        match &update {
            Update::Resync { .. } => resyncs += 1,
            Update::Records { records, .. } => received += records.len(),
            _ => {}
        }
        follower.apply(&update).unwrap();
    }
    assert!(resyncs > 0 && received < 800, "{resyncs} resyncs, {received} records");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_takes_nothing_is_dropped_and_holds_up_nobody() {
    let options = ServeOptions::new().stall_time(Duration::from_millis(50));
    let served = Setup {
        options,
        limits: Limits::new().streams(1),
        ..Setup::default()
    }
    .serve()
    .await;
    served.configure().await;
    let mut stalled = UnixStream::connect(&served.path).await.unwrap();
    stalled
        .write_all(request("GET", "/v1/namespaces/default/events", "").as_bytes())
        .await
        .unwrap();
    make_records(&served).await;
    // Its stream is the only one that there may be.
    loop {
        let mut updates = served.namespace().subscribe(StreamRequest::new());
        if updates.next().await.unwrap().is_ok() {
            break;
        }
    }
    drop(stalled);
}
