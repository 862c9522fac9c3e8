//! Trying again to reach a host, and how fast connections begin.

use std::time::{Duration, Instant};

use futures::future::join_all;
use pogo_core::fleet::Connection;
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::FailureKind;
use pogo_ssh::HostKeyPolicy;
use pogo_ssh::loopback::{Fault, LoopbackFleet};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use crate::attempt::TestAttempt;

/// Hangs up on as many, then passes one connection on.
async fn reluctant(listener: TcpListener, refusals: usize, to: std::net::SocketAddr) {
    for _ in 0..refusals {
        drop(listener.accept().await.unwrap());
    }
    let (mut near, _) = listener.accept().await.unwrap();
    let mut far = TcpStream::connect(to).await.unwrap();
    let _ = copy_bidirectional(&mut near, &mut far).await;
}

#[tokio::test]
async fn port_0_is_refused_before_anything_is_dialled() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let settings = fleet.transport();
    let of_host = Connection::new().address("127.0.0.1").port(0);
    let cases = [(settings.clone(), of_host), (settings.port(0), Connection::default())];
    for (settings, connection) in cases {
        let transport = settings.build().unwrap();
        let report = TestAttempt::to("web1", connection, RemoteCommand::shell("true"))
            .run(&transport)
            .await;
        let message = report.assert_failed(FailureKind::Refused);
        assert!(message.contains("0 is no port"), "{message}");
    }
}

#[tokio::test]
async fn an_unreachable_host_is_tried_again_as_often_as_allowed() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let settings = fleet.transport().host_keys(HostKeyPolicy::Insecure);
    let transport = settings.connect_retries(2).build().unwrap();
    for (refusals, succeeds) in [(2, true), (3, false)] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let connection = Connection::new()
            .address("127.0.0.1")
            .port(listener.local_addr().unwrap().port());
        let between = tokio::spawn(reluctant(listener, refusals, fleet.host("web1").unwrap().address()));
        let report = TestAttempt::to("web1", connection, RemoteCommand::shell("true"))
            .run(&transport)
            .await;
        match succeeds {
            true => report.assert_succeeded(),
            false => {
                let message = report.assert_failed(FailureKind::Unreachable);
                assert!(message.contains("tried 3 times"), "{message}");
            }
        }
        between.abort();
    }
}

#[tokio::test]
async fn a_refused_login_or_key_and_what_comes_after_connecting_is_not_tried_again() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let host = fleet.host("web1").unwrap();
    let transport = fleet.transport().connect_retries(3).build().unwrap();
    let running = |line: &str| TestAttempt::to("web1", host.connection(), RemoteCommand::shell(line));
    let attempt = || running("exit 4");
    fleet.inject("web1", Fault::RefuseLogin).unwrap();
    attempt()
        .run(&transport)
        .await
        .assert_failed(FailureKind::Authentication);
    assert_eq!(host.connections(), 1);
    fleet.inject("web1", Fault::ChangedHostKey).unwrap();
    attempt().run(&transport).await.assert_failed(FailureKind::HostKey);
    assert_eq!(host.connections(), 2);
    fleet.heal("web1").unwrap();
    attempt()
        .run(&transport)
        .await
        .assert_failed(FailureKind::Command { status: 4 });
    assert_eq!(host.connections(), 3);
    fleet.inject("web1", Fault::DropLink(Duration::ZERO)).unwrap();
    running("exec sleep 20").run(&transport).await.assert_in_doubt();
    assert_eq!(host.connections(), 4);
}

#[tokio::test]
async fn connections_begin_no_faster_than_allowed() {
    let names: Vec<String> = (1..=11).map(|number| format!("web{number}")).collect();
    let fleet = LoopbackFleet::start(&names).await.unwrap();
    let transport = fleet.transport().handshake_rate(Some(20)).build().unwrap();
    let start = Instant::now();
    let attempts = names.iter().map(|name| {
        let attempt = TestAttempt::to(name, fleet.connection(name).unwrap(), RemoteCommand::shell("true"));
        attempt.run(&transport)
    });
    for report in join_all(attempts).await {
        report.assert_succeeded();
    }
    // The first begins at once, and ten more at a twentieth of a second each.
    assert!(start.elapsed() >= Duration::from_millis(500), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_host_is_reached_over_ipv6() {
    let Ok(listener) = TcpListener::bind(("::1", 0)).await else {
        eprintln!("LEFT OUT: a_host_is_reached_over_ipv6 needs an IPv6 loopback address");
        return;
    };
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let known = std::fs::read_to_string(fleet.known_hosts_file()).unwrap();
    let key = known.lines().next().unwrap().split_once(' ').unwrap().1;
    std::fs::write(fleet.known_hosts_file(), format!("[::1]:{port} {key}\n")).unwrap();
    let between = tokio::spawn(reluctant(listener, 0, fleet.host("web1").unwrap().address()));
    let connection = Connection::new().address("::1").port(port);
    let transport = fleet.transport().build().unwrap();
    let attempt = TestAttempt::to("web1", connection, RemoteCommand::shell("true"));
    attempt.run(&transport).await.assert_succeeded();
    between.abort();
}
