//! The transports keep the contract, against every server there is.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use pogo_core::dispatcher::Transport;
use pogo_core::dispatcher::layer::{
    ConcurrencyLimit, InjectFaults, RateLimit, RecordAttempts, RetryConnect, TransportExt,
};
use pogo_core::fleet::{Connection, Host};
use pogo_core::testing::conformance::{self, TransportFixture};
use pogo_ssh::loopback::{Fault, LoopbackFleet};
use pogo_ssh::{SshTransport, SshTransportBuilder};
use tokio::net::TcpSocket;

use crate::dropbear::Dropbear;
use crate::faults::bound_and_deaf;
use crate::openssh::{self, OpenSsh};

/// They confirm cancellations, and these servers run what they are asked to run.
const SKIPPED: &[&str] = &[
    "a_dropped_attempt_is_cancelled",
    "a_command_that_was_not_seen_to_begin_has_not_succeeded",
];

/// And the `ssh` program resumes nothing.
const SKIPPED_BY_PROGRAM: &[&str] = &[
    "a_command_that_was_not_seen_to_begin_has_not_succeeded",
    "a_dropped_attempt_is_cancelled",
    "a_resumed_attempt_goes_on_where_it_is",
    "a_resumed_attempt_that_cannot_be_found_is_not_begun",
];

fn host(name: &str, connection: Connection) -> Host {
    let mut host = Host::new(name.parse().unwrap());
    host.connection = connection;
    host
}

/// A host on whose port nobody listens.
fn gone() -> Host {
    static BOUND: LazyLock<TcpSocket> = LazyLock::new(bound_and_deaf);
    let connection = Connection::new()
        .address("127.0.0.1")
        .port(BOUND.local_addr().unwrap().port());
    host("gone", connection)
}

/// Some cases leave a command behind, which would keep the host busy for those to come.
fn fresh_locks(directory: &str) -> String {
    static GIVEN: AtomicUsize = AtomicUsize::new(0);
    format!("{directory}-{}", GIVEN.fetch_add(1, Ordering::Relaxed))
}

fn fixture(transport: &Arc<dyn Transport>, connection: &Connection) -> TransportFixture {
    TransportFixture::new(Arc::clone(transport), host("web1", connection.clone()))
        // Whoever keeps the contract is not waited for so long.
        .patience(Duration::from_secs(120))
        .second_host(host("web2", connection.clone()))
        .unreachable(gone())
}

/// Runs the suite on a fleet of this process, with what is put around the transport.
async fn hold_on_the_loopback_fleet(around: impl Fn(SshTransport) -> Arc<dyn Transport>) {
    let fleet = Arc::new(LoopbackFleet::start(["web1", "web2", "forced"]).await.unwrap());
    let (first, second) = (fleet.connection("web1").unwrap(), fleet.connection("web2").unwrap());
    fleet.inject("forced", Fault::ForcedCommand(0)).unwrap();
    let forced = host("forced", fleet.connection("forced").unwrap());
    let report = conformance::transport(|| {
        let cut = Arc::clone(&fleet);
        let transport = around(fleet.transport().lock_directory(fresh_locks("locks")).build().unwrap());
        fixture(&transport, &first)
            .forced(forced.clone())
            .second_host(host("web2", second.clone()))
            .cut(move || cut.host("web1").unwrap().cut_connections())
    });
    let report = report.await;
    report.assert_passed();
    report.assert_skipped(&SKIPPED[..1]);
}

#[tokio::test]
async fn the_transport_conforms_against_the_loopback_fleet() {
    hold_on_the_loopback_fleet(|transport| Arc::new(transport)).await;
}

#[tokio::test]
async fn the_transport_conforms_with_all_layers_around_it() {
    hold_on_the_loopback_fleet(|transport| {
        let transport = transport
            .layer(InjectFaults::new(|_| None))
            .layer(RetryConnect::new(1))
            .layer(RecordAttempts::new(drop))
            .layer(RateLimit::per_second(100.try_into().unwrap()))
            .layer(ConcurrencyLimit::new(8.try_into().unwrap()));
        Arc::new(transport)
    })
    .await;
}

#[tokio::test]
async fn the_transport_conforms_against_openssh() {
    if !openssh::is_there("the_transport_conforms_against_openssh") {
        return;
    }
    let server = OpenSsh::start_many();
    let kept = server.path("kept").display().to_string();
    let settings = server.transport().detached_directory(kept);
    let build = |settings: SshTransportBuilder| Arc::new(settings.build().unwrap()) as _;
    conforms((settings, build), server.into(), SKIPPED).await;
}

#[tokio::test]
async fn the_transport_through_the_ssh_program_conforms_against_openssh() {
    if !openssh::is_there("the_transport_through_the_ssh_program_conforms_against_openssh") {
        return;
    }
    let server = OpenSsh::start_many();
    let build = |settings: SshTransportBuilder| Arc::new(settings.build_program().unwrap()) as _;
    conforms((server.transport(), build), server.into(), SKIPPED_BY_PROGRAM).await;
}

/// What the suite needs of a server.
struct Peer {
    locks: String,
    hosts: [Connection; 2],
    cut: Arc<dyn Fn() + Send + Sync>,
}

async fn conforms(
    (settings, build): (SshTransportBuilder, impl Fn(SshTransportBuilder) -> Arc<dyn Transport>),
    peer: Peer,
    skipped: &[&str],
) {
    let [first, second] = &peer.hosts;
    let report = conformance::transport(|| {
        let transport = build(settings.clone().lock_directory(fresh_locks(&peer.locks)));
        let cut = Arc::clone(&peer.cut);
        fixture(&transport, first)
            .second_host(host("web2", second.clone()))
            .cut(move || cut())
    });
    let report = report.await;
    report.assert_passed();
    report.assert_skipped(skipped);
}

impl From<OpenSsh> for Peer {
    fn from(server: OpenSsh) -> Self {
        Self {
            locks: server.path("locks").display().to_string(),
            hosts: [server.connection(), server.connection_at("127.0.0.2")],
            cut: Arc::new(move || server.cut_connections()),
        }
    }
}

impl From<Dropbear> for Peer {
    fn from(server: Dropbear) -> Self {
        Self {
            locks: server.path("locks").display().to_string(),
            hosts: [server.connection(), server.connection_at("127.0.0.2")],
            cut: Arc::new(move || server.cut_connections()),
        }
    }
}

#[tokio::test]
async fn the_transport_conforms_against_dropbear() {
    let Some(server) = Dropbear::start("the_transport_conforms_against_dropbear") else {
        return;
    };
    let kept = server.path("kept").display().to_string();
    let settings = server.settings().detached_directory(kept);
    let build = |settings: SshTransportBuilder| Arc::new(settings.build().unwrap()) as _;
    conforms((settings, build), server.into(), SKIPPED).await;
}

#[tokio::test]
async fn the_transport_through_the_ssh_program_conforms_against_dropbear() {
    let Some(server) = Dropbear::start("the_transport_through_the_ssh_program_conforms_against_dropbear") else {
        return;
    };
    let build = |settings: SshTransportBuilder| Arc::new(settings.build_program().unwrap()) as _;
    conforms((server.settings(), build), server.into(), SKIPPED_BY_PROGRAM).await;
}
