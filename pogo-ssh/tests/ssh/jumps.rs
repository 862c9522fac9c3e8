//! Hosts behind others.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::{FailureKind, Phase};
use pogo_ssh::loopback::LoopbackFleet;
use pogo_ssh::{Hop, SshTransportBuilder};

use crate::attempt::TestAttempt;
use crate::openssh::{self, OpenSsh};

/// Servers whose keys are known in the first one's known_hosts file, and who take its key.
fn servers(count: usize) -> Vec<OpenSsh> {
    servers_with(&vec![""; count])
}

fn servers_with(configurations: &[&str]) -> Vec<OpenSsh> {
    let servers: Vec<OpenSsh> = configurations.iter().map(|text| OpenSsh::start_with(text)).collect();
    let known: String = servers
        .iter()
        .map(|server| format!("{} {}", server.listed(), server.public_key("host_ed25519")))
        .collect();
    let first = servers.first().unwrap();
    fs::write(first.path("known_hosts"), known).unwrap();
    for server in &servers {
        fs::write(server.path("authorized_keys"), first.public_key("client_ed25519")).unwrap();
    }
    servers
}

fn hop(server: &OpenSsh) -> Hop {
    format!("127.0.0.1:{}", server.port).parse().unwrap()
}

fn attempt(server: &OpenSsh, line: &str) -> TestAttempt {
    TestAttempt::to("web1", server.connection(), RemoteCommand::shell(line))
}

#[tokio::test]
async fn a_host_behind_a_chain_of_two_is_reached_through_both() {
    if !openssh::is_there("a_host_behind_a_chain_of_two_is_reached_through_both") {
        return;
    }
    let servers = servers(3);
    let transport = servers[0]
        .transport()
        .jump([hop(&servers[1]), hop(&servers[2])])
        .build()
        .unwrap();
    // Whom the server sees is whoever comes last: the second jump host's own address and port.
    let report = attempt(&servers[0], "echo $SSH_CONNECTION").run(&transport).await;
    report.assert_succeeded();
    assert!(
        report.stdout.ends_with(&format!("{}\n", servers[0].port)),
        "{}",
        report.stdout
    );
    // A second attempt passes through the same connections.
    attempt(&servers[0], "true").run(&transport).await.assert_succeeded();
    servers[1].assert_logins(1);
    servers[2].assert_logins(1);
    servers[0].assert_logins(2);
}

#[tokio::test]
async fn all_hosts_behind_a_jump_host_share_one_connection_to_it() {
    if !openssh::is_there("all_hosts_behind_a_jump_host_share_one_connection_to_it") {
        return;
    }
    let bastion = OpenSsh::start();
    let server = OpenSsh::start_many();
    let known = format!("{} {}", server.listed(), server.public_key("host_ed25519"));
    let known = format!("{known}{} {}", bastion.listed(), bastion.public_key("host_ed25519"));
    fs::write(server.path("known_hosts"), known).unwrap();
    fs::write(bastion.path("authorized_keys"), server.public_key("client_ed25519")).unwrap();
    let settings = server.transport().jump([hop(&bastion)]);
    let transport = settings.max_jump_channels(4).max_jump_handshakes(2).build().unwrap();
    let attempts = (1..=20).map(|number| {
        let connection = server.connection_at(&format!("127.0.2.{number}"));
        TestAttempt::to("web1", connection, RemoteCommand::shell("true")).run(&transport)
    });
    for report in join_all(attempts).await {
        report.assert_succeeded();
    }
    bastion.assert_logins(1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_connections_and_handshakes_than_allowed_go_through_a_jump_host() {
    if !openssh::is_there("no_more_connections_and_handshakes_than_allowed_go_through_a_jump_host") {
        return;
    }
    let bastion = OpenSsh::start();
    let names: Vec<String> = (1..=16).map(|number| format!("web{number}")).collect();
    let fleet = LoopbackFleet::start(&names).await.unwrap();
    let through = |settings: SshTransportBuilder| {
        settings.jump([format!("{}@127.0.0.1:{}", me(), bastion.port).parse().unwrap()])
    };
    let known = fs::read_to_string(fleet.known_hosts_file()).unwrap();
    let known = format!("{known}{} {}", bastion.listed(), bastion.public_key("host_ed25519"));
    fs::write(fleet.known_hosts_file(), known).unwrap();
    let settings = through(fleet.transport()).identity(bastion.path("client_ed25519"));
    let transport = settings.max_jump_channels(8).max_jump_handshakes(2).build().unwrap();
    let attempts = names.iter().map(|name| {
        let attempt = TestAttempt::to(name, fleet.connection(name).unwrap(), RemoteCommand::shell("sleep 0.1"));
        attempt.run(&transport)
    });
    for report in join_all(attempts).await {
        report.assert_succeeded();
    }
    assert!(
        (1..=2).contains(&fleet.peak_handshakes()),
        "{}",
        fleet.peak_handshakes()
    );
    assert!((1..=8).contains(&fleet.peak()), "{}", fleet.peak());
}

fn me() -> String {
    let output = std::process::Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn the_key_of_every_host_on_the_way_is_checked() {
    if !openssh::is_there("the_key_of_every_host_on_the_way_is_checked") {
        return;
    }
    let servers = servers(3);
    let all = fs::read_to_string(servers[0].path("known_hosts")).unwrap();
    for unknown in &servers {
        let known: String = all
            .lines()
            .filter(|line| !line.starts_with(&unknown.listed()))
            .map(|line| format!("{line}\n"))
            .collect();
        fs::write(servers[0].path("known_hosts"), known).unwrap();
        let jump = [hop(&servers[1]), hop(&servers[2])];
        let transport = servers[0].transport().jump(jump).build().unwrap();
        let report = attempt(&servers[0], "true").run(&transport).await;
        let message = report.assert_failed(FailureKind::HostKey);
        assert!(message.contains(&format!("127.0.0.1:{}", unknown.port)), "{message}");
        assert_eq!(report.phases, [Phase::Connect]);
    }
}

#[tokio::test]
async fn a_jump_host_that_takes_no_login_or_is_not_there_fails_the_host_in_that_kind() {
    if !openssh::is_there("a_jump_host_that_takes_no_login_or_is_not_there_fails_the_host_in_that_kind") {
        return;
    }
    let mut servers = servers(2);
    fs::write(servers[1].path("authorized_keys"), "").unwrap();
    let jump = hop(&servers[1]);
    let transport = servers[0].transport().jump([jump]).build().unwrap();
    let report = attempt(&servers[0], "true").run(&transport).await;
    report.assert_failed(FailureKind::Authentication);
    servers.truncate(1);
    let report = attempt(&servers[0], "true").run(&transport).await;
    let message = report.assert_failed(FailureKind::Unreachable);
    assert!(message.contains("through 127.0.0.1:"), "{message}");
}

#[tokio::test]
async fn a_jump_host_that_lets_nobody_through_says_so() {
    if !openssh::is_there("a_jump_host_that_lets_nobody_through_says_so") {
        return;
    }
    let servers = servers_with(&["", "AllowTcpForwarding no"]);
    let transport = servers[0].transport().jump([hop(&servers[1])]).build().unwrap();
    let report = attempt(&servers[0], "true").run(&transport).await;
    let message = report.assert_failed(FailureKind::Unreachable);
    assert!(message.contains("AllowTcpForwarding"), "{message}");
}

#[tokio::test]
async fn a_jump_host_that_dies_leaves_what_runs_in_doubt_and_is_connected_to_anew() {
    if !openssh::is_there("a_jump_host_that_dies_leaves_what_runs_in_doubt_and_is_connected_to_anew") {
        return;
    }
    let servers = servers(2);
    let transport = servers[0].transport().jump([hop(&servers[1])]).build().unwrap();
    let (running, _side) = attempt(&servers[0], "echo up; exec sleep 30").start();
    let witness = Arc::clone(&running.witness);
    let cutting = async {
        witness.saw("up").await;
        servers[1].cut_connections();
    };
    let (report, ()) = tokio::join!(running.finish(&transport), cutting);
    report.assert_in_doubt();
    // What runs there without a link keeps its host busy, and no other.
    fs::rename(servers[0].path("locks"), servers[0].path("locks of another host")).unwrap();
    attempt(&servers[0], "true").run(&transport).await.assert_succeeded();
}

#[tokio::test]
async fn a_silent_host_behind_a_jump_host_delays_no_other() {
    if !openssh::is_there("a_silent_host_behind_a_jump_host_delays_no_other") {
        return;
    }
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let servers = servers(2);
    let settings = servers[0].transport().jump([hop(&servers[1])]);
    // Longer than anything here takes: whoever had to wait for the other would be late.
    let settings = settings
        .max_jump_handshakes(1)
        .connect_timeout(Duration::from_secs(600));
    let transport = settings.build().unwrap();
    let connection = servers[0].connection().port(silent.local_addr().unwrap().port());
    let mute = Box::pin(TestAttempt::to("mute", connection, RemoteCommand::shell("true")).run(&transport));
    let well = Box::pin(attempt(&servers[0], "true").run(&transport));
    let futures::future::Either::Right((well, _)) = futures::future::select(mute, well).await else {
        panic!("the host that is well had to wait for the other");
    };
    well.assert_succeeded();
}

#[tokio::test]
async fn a_host_says_its_own_way_and_a_way_in_a_circle_is_refused() {
    if !openssh::is_there("a_host_says_its_own_way_and_a_way_in_a_circle_is_refused") {
        return;
    }
    let servers = servers(2);
    let with = |way: &str| {
        let mut connection = servers[0].connection();
        connection.vars.insert("proxy_jump".to_owned(), way.to_owned());
        TestAttempt::to("127.0.0.1", connection, RemoteCommand::shell("true"))
    };
    let transport = servers[0].transport().jump([hop(&servers[1])]).build().unwrap();
    with("none").run(&transport).await.assert_succeeded();
    servers[1].assert_logins(0);
    with(&format!("127.0.0.1:{}", servers[1].port))
        .run(&transport)
        .await
        .assert_succeeded();
    servers[1].assert_logins(1);
    for bad in [format!("127.0.0.1:{}", servers[0].port), "a b".to_owned()] {
        with(&bad).run(&transport).await.assert_failed(FailureKind::Refused);
    }
}
