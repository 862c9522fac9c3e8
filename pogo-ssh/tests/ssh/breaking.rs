//! Connections that break in the middle of a word, and servers that never come to the point.

use std::net::SocketAddr;
use std::time::Duration;

use pogo_core::fleet::Connection;
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::{FailureKind, Outcome};
use pogo_ssh::HostKeyPolicy;
use pogo_ssh::loopback::LoopbackFleet;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

use crate::attempt::{Report, TestAttempt};

pub(crate) async fn listener() -> (TcpListener, Connection) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let connection = Connection::new()
        .address("127.0.0.1")
        .port(listener.local_addr().unwrap().port());
    (listener, connection)
}

/// Passes one connection on until so many bytes came from the server, then closes both sides. Gives how many came.
pub(crate) async fn pass(listener: &TcpListener, to: SocketAddr, bytes: u64) -> u64 {
    let (near, _) = listener.accept().await.unwrap();
    let far = TcpStream::connect(to).await.unwrap();
    let ((mut from_client, mut to_client), (from_server, mut to_server)) = (near.into_split(), far.into_split());
    let mut from_server = from_server.take(bytes);
    tokio::select! {
        // A client that is done closes its side; what the server still says is of no interest.
        _ = copy(&mut from_client, &mut to_server) => {}
        _ = copy(&mut from_server, &mut to_client) => {}
    }
    bytes - from_server.limit()
}

#[tokio::test]
async fn closed_in_the_middle_of_any_packet_nobody_is_told_that_nothing_ran_when_it_did() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let settings = fleet.transport().host_keys(HostKeyPolicy::Insecure);
    let transport = settings.build().unwrap();
    let host = fleet.host("web1").unwrap();
    let there = fleet.directory().join("ran");
    // Each attempt says which it is: one in doubt may run while the next is under way.
    let run = async |bytes: u64| -> (Report, u64) {
        let (listener, connection) = listener().await;
        let line = format!("echo {bytes} >>'{}'; echo here", there.display());
        let attempt = TestAttempt::to("web1", connection, RemoteCommand::shell(line));
        tokio::join!(attempt.run(&transport), pass(&listener, host.address(), bytes))
    };
    let (whole, all) = run(1 << 20).await;
    whole.assert_succeeded();
    let (mut never, mut in_doubt) = (Vec::new(), 0);
    for bytes in (1..all).step_by(29) {
        let (report, _) = run(bytes).await;
        match &report.outcome {
            Outcome::Failed(failure) if failure.kind == FailureKind::Unreachable => never.push((bytes, report)),
            Outcome::NeverBegan { .. } => never.push((bytes, report)),
            Outcome::InDoubt { .. } => in_doubt += 1,
            // The last packets say nothing that matters.
            Outcome::Succeeded => assert!(in_doubt > 0, "after {bytes} bytes: {report:#?}"),
            _ => panic!("after {bytes} bytes: {report:#?}"),
        }
    }
    assert!(
        never.len() > 20 && in_doubt > 0,
        "{} never began, {in_doubt} in doubt",
        never.len()
    );
    // What still runs holds the host's lock: after this one nothing does.
    let last = async || run(2 << 20).await.0.outcome;
    while !matches!(last().await, Outcome::Succeeded) {}
    let ran = std::fs::read_to_string(&there).unwrap();
    for (bytes, report) in never {
        let bytes = bytes.to_string();
        assert!(
            !ran.lines().any(|line| line == bytes),
            "after {bytes} bytes it ran, and is said not to have: {report:#?}"
        );
    }
}

/// The end of an attempt at a server that says this again and again, and never that it speaks SSH.
async fn endless(words: &'static [u8]) -> String {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let (listener, connection) = listener().await;
    let talking = tokio::spawn(async move {
        let (mut near, _) = listener.accept().await.unwrap();
        while near.write_all(words).await.is_ok() {}
    });
    let settings = fleet.transport().host_keys(HostKeyPolicy::Insecure);
    let transport = settings.connect_timeout(Duration::from_secs(5)).build().unwrap();
    let attempt = TestAttempt::to("web1", connection, RemoteCommand::shell("true"));
    let message = attempt.run(&transport).await.assert_failed(FailureKind::Unreachable);
    // It is hung up on.
    talking.await.unwrap();
    message
}

#[tokio::test]
async fn a_banner_without_end_is_not_listened_to_for_ever() {
    let message = endless(b"This system is for authorized users only.\r\n").await;
    assert!(message.contains("web1"), "{message}");
}

#[tokio::test]
async fn a_banner_of_one_line_without_end_is_not_listened_to_for_ever() {
    let message = endless(&[b'x'; 1024]).await;
    assert!(message.contains("web1"), "{message}");
}

#[tokio::test]
async fn another_protocol_is_no_ssh() {
    let message = endless(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert!(message.contains("web1"), "{message}");
}
