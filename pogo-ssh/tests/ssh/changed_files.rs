//! Files that change while a transport is in use: a dispatcher lives for years, and whoever mends a file tries again.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use pogo_core::dispatcher::TransportPool;
use pogo_core::plan::{RemoteCommand, TransportSettings};
use pogo_core::scheduler::FailureKind;
use pogo_ssh::loopback::LoopbackFleet;
use pogo_ssh::{Agent, HostKeyPolicy, SshTransport, SshTransports};

use crate::attempt::{Report, TestAttempt};
use crate::login::{bare, fleet};
use crate::openssh::{self, OpenSsh};

async fn visit(fleet: &LoopbackFleet, transport: &SshTransport) -> Report {
    let attempt = TestAttempt::to("web1", fleet.connection("web1").unwrap(), RemoteCommand::shell("true"));
    attempt.run(transport).await
}

/// Puts a file in the place of another, as `ssh-keygen -R` and configuration management do.
fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, path).unwrap();
}

#[tokio::test]
async fn host_keys_are_those_that_the_file_has_now() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let known_hosts = fleet.known_hosts_file();
    let line = fs::read_to_string(&known_hosts).unwrap();
    let transport = fleet.transport().build().unwrap();
    visit(&fleet, &transport).await.assert_succeeded();
    replace(&known_hosts, "# nobody\n");
    visit(&fleet, &transport).await.assert_failed(FailureKind::HostKey);
    fs::write(&known_hosts, format!("# nobody\n{line}")).unwrap();
    visit(&fleet, &transport).await.assert_succeeded();
    fs::write(&known_hosts, format!("{line}@revoked {line}")).unwrap();
    let message = visit(&fleet, &transport).await.assert_failed(FailureKind::HostKey);
    assert!(message.contains("revoked"), "{message}");
    fs::remove_file(&known_hosts).unwrap();
    let message = visit(&fleet, &transport).await.assert_failed(FailureKind::HostKey);
    assert!(message.contains("cannot read the known_hosts file"), "{message}");
    fs::write(&known_hosts, line).unwrap();
    visit(&fleet, &transport).await.assert_succeeded();
}

#[tokio::test]
async fn a_host_that_was_set_up_anew_is_accepted_once_its_old_key_is_removed() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let known_hosts = fleet.known_hosts_file();
    let line = fs::read_to_string(&known_hosts).unwrap();
    let (names, _) = line.split_once(' ').unwrap();
    let directory = tempfile::tempdir().unwrap();
    openssh::generate_key(directory.path(), "other", "ed25519");
    let other = fs::read_to_string(directory.path().join("other.pub")).unwrap();
    fs::write(&known_hosts, format!("{names} {other}")).unwrap();
    let transport = fleet.transport().host_keys(HostKeyPolicy::AcceptNew).build().unwrap();
    let message = visit(&fleet, &transport).await.assert_failed(FailureKind::HostKey);
    assert!(message.contains("has changed"), "{message}");
    // Each time anew: somebody may remove it again.
    for _ in 0..2 {
        replace(&known_hosts, "");
        let met = visit(&fleet, &transport).await;
        assert_eq!((met.assert_succeeded(), met.new_host_keys), ((), 1));
        assert_eq!(fs::read_to_string(&known_hosts).unwrap().lines().count(), 1);
        assert_eq!(visit(&fleet, &transport).await.new_host_keys, 0, "it is known by now");
    }
}

#[tokio::test]
async fn a_new_host_key_is_reported_where_the_login_fails_too() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    replace(&fleet.known_hosts_file(), "");
    let transport = bare(&fleet).host_keys(HostKeyPolicy::AcceptNew).build().unwrap();
    let met = visit(&fleet, &transport).await;
    met.assert_failed(FailureKind::Authentication);
    assert_eq!(met.new_host_keys, 1, "it is trusted from now on");
}

#[tokio::test]
async fn keys_are_those_that_the_file_has_now() {
    let fleet = fleet().await;
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("id");
    fs::write(&key, "no key\n").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let good = fs::read_to_string(fleet.identity_file()).unwrap();
    // Of the host alone: it need not be usable when the transport is built.
    let transport = bare(&fleet).build().unwrap();
    let run = async |transport: &SshTransport| {
        let mut connection = fleet.connection("web1").unwrap();
        let path = key.display().to_string();
        connection.vars.insert("identity".to_owned(), path);
        TestAttempt::to("web1", connection, RemoteCommand::shell("true"))
            .run(transport)
            .await
    };
    run(&transport).await.assert_failed(FailureKind::Authentication);
    replace(&key, &good);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let message = run(&transport).await.assert_failed(FailureKind::Authentication);
    assert!(message.contains("UNPROTECTED"), "{message}");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    run(&transport).await.assert_succeeded();
}

#[tokio::test]
async fn the_configuration_is_the_one_that_the_file_has_now() {
    if !openssh::is_there("the_configuration_is_the_one_that_the_file_has_now") {
        return;
    }
    let server = OpenSsh::start();
    let config = server.path("config");
    let text = |port: u16| {
        let dir = server.directory.path().display();
        format!(
            "Host web1\n HostName 127.0.0.1\n Port {port}\n IdentityFile {dir}/client_ed25519\n HostKeyAlias ed25519\n \
             UserKnownHostsFile {dir}/known\n"
        )
    };
    let known = format!("[ed25519]:{} {}", server.port, server.public_key("host_ed25519"));
    fs::write(server.path("known"), known).unwrap();
    fs::write(&config, text(1)).unwrap();
    let locks = server.path("locks").display().to_string();
    let builder = SshTransport::builder().agent(Agent::Off).lock_directory(locks);
    let pool = TransportPool::new(SshTransports::new(builder));
    let settings = TransportSettings::new().set("ssh_config", config.display().to_string());
    let run = async || {
        let attempt = TestAttempt::to(
            "web1",
            pogo_core::fleet::Connection::default(),
            RemoteCommand::shell("true"),
        );
        attempt.connecting(settings.clone()).run(&pool).await
    };
    run().await.assert_failed(FailureKind::Unreachable);
    fs::write(&config, text(server.port)).unwrap();
    run().await.assert_succeeded();
    let before = pool.prepare(&settings).await.unwrap();
    run().await.assert_succeeded();
    assert!(
        Arc::ptr_eq(&before, &pool.prepare(&settings).await.unwrap()),
        "nothing has changed"
    );
}
