//! Bounds on what the transport does at once.

use std::time::Duration;

use futures::future::{Either, join_all, select};
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::FailureKind;
use pogo_ssh::loopback::{Fault, LoopbackFleet};

use crate::attempt::TestAttempt;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_handshakes_than_allowed_at_once() {
    let names: Vec<String> = (1..=30).map(|number| format!("web{number}")).collect();
    let fleet = LoopbackFleet::start(&names).await.unwrap();
    let transport = fleet.transport().max_handshakes(3).build().unwrap();
    let attempts = names.iter().map(|name| {
        let attempt = TestAttempt::to(name, fleet.connection(name).unwrap(), RemoteCommand::shell("true"));
        attempt.run(&transport)
    });
    for report in join_all(attempts).await {
        report.assert_succeeded();
    }
    assert!(
        (1..=3).contains(&fleet.peak_handshakes()),
        "{}",
        fleet.peak_handshakes()
    );
}

#[tokio::test]
async fn a_host_that_says_nothing_takes_no_place_among_the_handshakes() {
    let fleet = LoopbackFleet::start(["mute", "well"]).await.unwrap();
    fleet.inject("mute", Fault::NoBanner).unwrap();
    // Longer than anything here takes: whoever had to wait for the other would be late.
    let settings = fleet.transport().connect_timeout(Duration::from_secs(600));
    let transport = settings.max_handshakes(1).build().unwrap();
    let attempt = |name: &str| TestAttempt::to(name, fleet.connection(name).unwrap(), RemoteCommand::shell("true"));
    let mute = Box::pin(attempt("mute").run(&transport));
    let well = Box::pin(attempt("well").run(&transport));
    let Either::Right((well, _)) = select(mute, well).await else {
        panic!("the host that is well had to wait for the other");
    };
    well.assert_succeeded();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_connections_than_allowed_at_once() {
    let names: Vec<String> = (1..=12).map(|number| format!("web{number}")).collect();
    let fleet = LoopbackFleet::start(&names).await.unwrap();
    let transport = fleet.transport().max_connections(2).build().unwrap();
    let attempts = names.iter().map(|name| {
        let attempt = TestAttempt::to(name, fleet.connection(name).unwrap(), RemoteCommand::shell("sleep 0.1"));
        attempt.run(&transport)
    });
    for report in join_all(attempts).await {
        report.assert_succeeded();
    }
    assert!((1..=2).contains(&fleet.peak()), "{}", fleet.peak());
}

#[tokio::test]
async fn a_kept_connection_takes_the_next_attempt_of_the_same_job_only() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let host = fleet.host("web1").unwrap();
    let transport = fleet
        .transport()
        .keep_idle(Some(Duration::from_secs(60)))
        .build()
        .unwrap();
    let attempt = |line: &str| TestAttempt::to("web1", host.connection(), RemoteCommand::shell(line));
    attempt("exit 1")
        .run(&transport)
        .await
        .assert_failed(FailureKind::Command { status: 1 });
    attempt("exit 2")
        .of_job(4)
        .run(&transport)
        .await
        .assert_failed(FailureKind::Command { status: 2 });
    assert_eq!(host.connections(), 2);
    attempt("exit 3")
        .run(&transport)
        .await
        .assert_failed(FailureKind::Command { status: 3 });
    attempt("true").run(&transport).await.assert_succeeded();
    assert_eq!(host.connections(), 2);
    // After success no other attempt follows.
    attempt("true").run(&transport).await.assert_succeeded();
    assert_eq!(host.connections(), 3);
}

#[tokio::test]
async fn a_connection_kept_for_too_long_is_not_used() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let host = fleet.host("web1").unwrap();
    let transport = fleet.transport().keep_idle(Some(Duration::ZERO)).build().unwrap();
    for _ in 0..2 {
        let attempt = TestAttempt::to("web1", host.connection(), RemoteCommand::shell("exit 1"));
        attempt
            .run(&transport)
            .await
            .assert_failed(FailureKind::Command { status: 1 });
    }
    assert_eq!(host.connections(), 2);
}

#[tokio::test]
async fn a_kept_connection_that_broke_meanwhile_is_replaced() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let host = fleet.host("web1").unwrap();
    let transport = fleet
        .transport()
        .keep_idle(Some(Duration::from_secs(60)))
        .build()
        .unwrap();
    let attempt = |line: &str| TestAttempt::to("web1", host.connection(), RemoteCommand::shell(line));
    attempt("exit 1")
        .run(&transport)
        .await
        .assert_failed(FailureKind::Command { status: 1 });
    host.cut_connections();
    attempt("true").run(&transport).await.assert_succeeded();
    assert_eq!(host.connections(), 2);
}

#[tokio::test]
async fn a_kept_connection_gives_way_to_a_host_that_waits() {
    let fleet = LoopbackFleet::start(["web1", "web2"]).await.unwrap();
    let settings = fleet
        .transport()
        .max_connections(1)
        .keep_idle(Some(Duration::from_secs(600)));
    let transport = settings.build().unwrap();
    for name in ["web1", "web2"] {
        let attempt = TestAttempt::to(name, fleet.connection(name).unwrap(), RemoteCommand::shell("exit 1"));
        attempt
            .run(&transport)
            .await
            .assert_failed(FailureKind::Command { status: 1 });
    }
}

#[tokio::test]
async fn times_without_end_are_no_danger() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let forever = Duration::MAX;
    let settings = fleet.transport().connect_timeout(forever).stop_grace(forever);
    let transport = settings
        .keep_idle(Some(forever))
        .keepalive(Some(forever))
        .build()
        .unwrap();
    let attempt = |line: &str| {
        TestAttempt::to("web1", fleet.connection("web1").unwrap(), RemoteCommand::shell(line)).within(forever)
    };
    attempt("true").run(&transport).await.assert_succeeded();
    attempt("exit 1")
        .run(&transport)
        .await
        .assert_failed(FailureKind::Command { status: 1 });
    attempt("true").run(&transport).await.assert_succeeded();
}
