//! Hosts that misbehave.

use std::net::SocketAddr;
use std::time::Duration;

use pogo_core::fleet::Connection;
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::{FailureKind, Phase};
use pogo_ssh::SshTransport;
use pogo_ssh::loopback::{Fault, LoopbackFleet};
use tokio::net::TcpSocket;

use crate::attempt::{Report, TestAttempt};
use crate::openssh;
use crate::place::Place;

async fn run_with(fault: Fault, line: &str) -> Report {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    fleet.inject("web1", fault).unwrap();
    let attempt = TestAttempt::to("web1", fleet.connection("web1").unwrap(), RemoteCommand::shell(line));
    attempt.run(&fleet.transport().build().unwrap()).await
}

/// What is said of a host where connecting comes this far, and no further within the connect timeout. A short one is
/// over before where this machine is busy; then a longer one is tried.
async fn stuck(fault: Fault, reached: &str) -> String {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    fleet.inject("web1", fault).unwrap();
    let attempt = TestAttempt::to("web1", fleet.connection("web1").unwrap(), RemoteCommand::shell("true"));
    let mut said = String::new();
    for (milliseconds, shown) in [(500, "0.5 s"), (5_000, "5 s"), (50_000, "50 s")] {
        let settings = fleet.transport().connect_timeout(Duration::from_millis(milliseconds));
        let report = attempt.clone().run(&settings.build().unwrap()).await;
        said = report.assert_failed(FailureKind::Unreachable);
        assert!(said.contains(shown), "{said}");
        if said.contains(reached) {
            return said;
        }
    }
    panic!("{said}");
}

#[tokio::test]
async fn a_host_that_refuses_is_unreachable_until_it_is_healed() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let transport = fleet.transport().build().unwrap();
    let attempt = TestAttempt::to("web1", fleet.connection("web1").unwrap(), RemoteCommand::shell("true"));
    fleet.inject("web1", Fault::Refuse).unwrap();
    let message = attempt
        .clone()
        .run(&transport)
        .await
        .assert_failed(FailureKind::Unreachable);
    assert!(message.contains("web1 (127.1.0.1:"), "{message}");
    fleet.heal("web1").unwrap();
    while let pogo_core::scheduler::Outcome::Failed(failure) = attempt.clone().run(&transport).await.outcome {
        // The server listens again a moment later.
        assert_eq!(failure.kind, FailureKind::Unreachable);
    }
}

/// Takes a port and does not listen there: one that is only free may be somebody else's a moment later.
pub(crate) fn bound_and_deaf() -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    socket
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_unreachable() {
    let bound = bound_and_deaf();
    let port = bound.local_addr().unwrap().port();
    let connection = Connection::new().address("127.0.0.1").port(port);
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let report = TestAttempt::to("web1", connection, RemoteCommand::shell("true"))
        .run(&fleet.transport().build().unwrap())
        .await;
    let message = report.assert_failed(FailureKind::Unreachable);
    let wanted = format!("cannot connect to web1 (127.0.0.1:{port}): connection refused");
    assert_eq!(message, wanted, "the address stands there once");
    assert_eq!(report.phases, [Phase::Connect]);
}

#[tokio::test]
async fn of_a_name_that_resolves_the_addresses_are_named() {
    let bound = bound_and_deaf();
    let port = bound.local_addr().unwrap().port();
    let connection = Connection::new().address("localhost").port(port);
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let message = TestAttempt::to("web1", connection, RemoteCommand::shell("true"))
        .run(&fleet.transport().build().unwrap())
        .await
        .assert_failed(FailureKind::Unreachable);
    // There may be one of IPv6 as well.
    let before = format!("cannot connect to web1 (localhost:{port}): ");
    let at = format!("127.0.0.1:{port}: connection refused");
    assert!(message.starts_with(&before) && message.contains(&at), "{message}");
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_unreachable() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let attempt = TestAttempt::to("nowhere.invalid", Default::default(), RemoteCommand::shell("true"));
    let message = attempt
        .run(&fleet.transport().build().unwrap())
        .await
        .assert_failed(FailureKind::Unreachable);
    assert!(message.contains("`nowhere.invalid` does not resolve"), "{message}");
}

#[tokio::test]
async fn a_host_that_says_nothing_is_unreachable_after_the_connect_timeout() {
    let message = stuck(Fault::NoBanner, "then said nothing").await;
    assert!(message.contains("within the connect timeout of"), "{message}");
}

#[tokio::test]
async fn a_stalled_handshake_is_unreachable_after_the_connect_timeout() {
    stuck(Fault::StallHandshake, "handshake").await;
}

#[tokio::test]
async fn connecting_beyond_the_time_limit_is_a_timeout() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    fleet.inject("web1", Fault::StallHandshake).unwrap();
    let attempt = TestAttempt::to("web1", fleet.connection("web1").unwrap(), RemoteCommand::shell("true"));
    let report = attempt
        .within(Duration::from_millis(300))
        .run(&fleet.transport().build().unwrap())
        .await;
    let message = report.assert_failed(FailureKind::Timeout);
    assert!(message.contains("the command was not run"), "{message}");
}

#[tokio::test]
async fn a_link_that_breaks_during_the_command_leaves_it_in_doubt() {
    for moment in [Duration::ZERO, Duration::from_millis(100)] {
        let report = run_with(Fault::DropLink(moment), "sleep 300").await;
        let message = report.assert_in_doubt();
        assert!(message.contains("after the command may have begun"), "{message}");
    }
}

#[tokio::test]
async fn a_host_that_hangs_has_begun_nothing_within_the_time_limit() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    fleet.inject("web1", Fault::Hang).unwrap();
    let attempt = TestAttempt::to("web1", fleet.connection("web1").unwrap(), RemoteCommand::shell("true"));
    let report = attempt
        .within(Duration::from_secs(1))
        .run(&fleet.transport().build().unwrap())
        .await;
    let message = report.assert_failed(FailureKind::Timeout);
    assert!(message.contains("the command was not run"), "{message}");
}

#[tokio::test]
async fn a_flood_is_cut_and_drained() {
    let report = run_with(Fault::Flood(20_000_000), "echo end; exit 3").await;
    report.assert_failed(FailureKind::Command { status: 3 });
    // Room for the end of standard error is kept, too.
    assert_eq!(report.stdout.len(), (4 << 20) - (32 << 10));
    assert!(report.stdout.ends_with("end\n"), "its end is kept");
    assert!(
        report.notes.contains("bytes of output dropped here]"),
        "{}",
        report.notes
    );
}

#[tokio::test]
async fn a_host_that_fails_fails_with_its_status() {
    run_with(Fault::FailWith(9), "true")
        .await
        .assert_failed(FailureKind::Command { status: 9 });
}

#[tokio::test]
async fn a_host_where_nobody_can_log_in_fails_with_what_was_tried() {
    let message = run_with(Fault::RefuseLogin, "true")
        .await
        .assert_failed(FailureKind::Authentication);
    assert!(
        message.contains("as pogo: tried key file") && message.contains("(refused)"),
        "{message}"
    );
}

/// What a hook or command has to do so that its own SSH session dies.
const KILL_SESSION: &str = "p=$$; while [ -n \"$p\" ] && [ \"$p\" -gt 1 ]; do case $(ps -o comm= -p $p) in sshd*) kill \
    -KILL $p; sleep 5;; esac; p=$(ps -o ppid= -p $p | tr -d ' '); done; exit 77";

#[tokio::test]
async fn openssh_dying_in_the_command_leaves_it_in_doubt() {
    if openssh::is_there("openssh_dying_in_the_command_leaves_it_in_doubt") {
        let place = Place::openssh();
        place.sh(KILL_SESSION).await.assert_in_doubt();
    }
}

#[tokio::test]
async fn openssh_dying_in_a_pre_hook_leaves_it_in_doubt() {
    if openssh::is_there("openssh_dying_in_a_pre_hook_leaves_it_in_doubt") {
        let place = Place::openssh();
        place.file("pre.d/deadly", &format!("#!/bin/sh\n{KILL_SESSION}\n"), 0o755);
        let transport: SshTransport = place.transport.clone().build().unwrap();
        let attempt = place
            .attempt(RemoteCommand::shell("true"))
            .with_hooks(&place.path("pre.d"), "");
        let message = attempt.run(&transport).await.assert_in_doubt();
        assert!(message.contains("pre-hooks, which may still run"), "{message}");
    }
}
