//! Links that go silent, and names with several addresses.

use std::time::Duration;

use pogo_core::fleet::Connection;
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::FailureKind;
use pogo_ssh::HostKeyPolicy;
use pogo_ssh::loopback::LoopbackFleet;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::attempt::TestAttempt;
use crate::network::Network;
use crate::openssh::{self, OpenSsh};

/// Passes one connection on until the test makes it silent; then holds it without passing anything.
async fn go_between(listener: TcpListener, to: std::net::SocketAddr, silence: oneshot::Receiver<()>) {
    let (mut near, _) = listener.accept().await.unwrap();
    let mut far = TcpStream::connect(to).await.unwrap();
    tokio::select! {
        _ = copy_bidirectional(&mut near, &mut far) => {}
        _ = silence => std::future::pending().await,
    }
}

#[tokio::test]
async fn a_link_that_goes_silent_leaves_the_command_in_doubt() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let connection = Connection::new()
        .address("127.0.0.1")
        .port(listener.local_addr().unwrap().port());
    let (silence, silent) = oneshot::channel();
    let between = tokio::spawn(go_between(listener, fleet.host("web1").unwrap().address(), silent));
    let settings = fleet.transport().host_keys(HostKeyPolicy::Insecure);
    // Long enough for a busy machine to answer in time until then.
    let transport = settings.keepalive(Some(Duration::from_secs(2))).build().unwrap();
    let (running, _side) = TestAttempt::to("web1", connection, RemoteCommand::shell("echo up; sleep 60")).start();
    let witness = std::sync::Arc::clone(&running.witness);
    let silencing = async {
        witness.saw("up").await;
        silence.send(()).unwrap();
    };
    let (report, ()) = tokio::join!(running.finish(&transport), silencing);
    let message = report.assert_in_doubt();
    assert!(message.contains("no longer answers (keepalive)"), "{message}");
    between.abort();
}

/// Until packets are dropped, and from then on.
#[tokio::test]
async fn where_packets_are_dropped_what_runs_is_in_doubt_and_what_does_not_is_unreachable() {
    let test = "where_packets_are_dropped_what_runs_is_in_doubt_and_what_does_not_is_unreachable";
    if !openssh::is_there(test) {
        return;
    }
    let Some(network) = Network::lay(test, 0) else {
        return;
    };
    let server = OpenSsh::start_at(&network.there(), &network.elsewhere(), "");
    // Long enough for a busy machine to answer in time until then.
    let settings = server.transport().keepalive(Some(Duration::from_secs(2)));
    let transport = settings.clone().build().unwrap();
    let attempt = TestAttempt::to("web1", server.connection(), RemoteCommand::shell("echo up; sleep 60"));
    let (running, _side) = attempt.clone().start();
    let witness = std::sync::Arc::clone(&running.witness);
    let dropping = async {
        witness.saw("up").await;
        network.drop_packets();
    };
    let (report, ()) = tokio::join!(running.finish(&transport), dropping);
    let message = report.assert_in_doubt();
    assert!(message.contains("no longer answers (keepalive)"), "{message}");
    let hasty = settings.connect_timeout(Duration::from_secs(2)).build().unwrap();
    let message = attempt.run(&hasty).await.assert_failed(FailureKind::Unreachable);
    assert!(message.contains(&network.there()), "{message}");
}

#[tokio::test]
async fn each_address_of_a_name_is_tried() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    // `localhost` has an IPv6 address first on most machines, where nobody listens.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let connection = Connection::new()
        .address("localhost")
        .port(listener.local_addr().unwrap().port());
    let (_silence, silent) = oneshot::channel();
    let between = tokio::spawn(go_between(listener, fleet.host("web1").unwrap().address(), silent));
    let transport = fleet.transport().host_keys(HostKeyPolicy::Insecure).build().unwrap();
    let attempt = TestAttempt::to("web1", connection, RemoteCommand::shell("true"));
    attempt.run(&transport).await.assert_succeeded();
    between.abort();
}
