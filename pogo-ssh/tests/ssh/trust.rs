//! Host keys: who is trusted, and what is said of those who are not.

use std::fs;
use std::path::Path;
use std::process::Command as Process;

use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::FailureKind;
use pogo_ssh::loopback::{Fault, LoopbackFleet};
use pogo_ssh::{HostKeyPolicy, SetupError, SshTransportBuilder};

use crate::attempt::{Report, TestAttempt};
use crate::openssh::{self, OpenSsh, generate_key};

async fn fleet() -> LoopbackFleet {
    LoopbackFleet::start(["web1", "web2"]).await.unwrap()
}

async fn visit(fleet: &LoopbackFleet, name: &str, settings: SshTransportBuilder) -> Report {
    let attempt = TestAttempt::to(name, fleet.connection(name).unwrap(), RemoteCommand::shell("true"));
    attempt.run(&settings.build().unwrap()).await
}

/// The line about a host, changed.
fn rewrite(fleet: &LoopbackFleet, change: impl Fn(&str) -> String) {
    let text = fs::read_to_string(fleet.known_hosts_file()).unwrap();
    let lines: Vec<String> = text.lines().map(change).collect();
    fs::write(fleet.known_hosts_file(), lines.join("\n") + "\n").unwrap();
}

#[tokio::test]
async fn an_unknown_host_is_refused_with_the_cure() {
    let fleet = fleet().await;
    fs::write(fleet.known_hosts_file(), "# nobody\n").unwrap();
    let message = visit(&fleet, "web1", fleet.transport())
        .await
        .assert_failed(FailureKind::HostKey);
    let file = fleet.known_hosts_file().display().to_string();
    for part in [
        "no key of web1 (127.1.0.1:",
        "ssh-ed25519 SHA256:",
        file.as_str(),
        "accept-new",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(fleet.host("web1").unwrap().executions(), 0);
}

#[tokio::test]
async fn a_changed_key_is_refused_with_both_fingerprints_and_the_line() {
    let fleet = fleet().await;
    fleet.inject("web2", Fault::ChangedHostKey).unwrap();
    for policy in [HostKeyPolicy::Strict, HostKeyPolicy::AcceptNew] {
        let report = visit(&fleet, "web2", fleet.transport().host_keys(policy)).await;
        let message = report.assert_failed(FailureKind::HostKey);
        assert_eq!(message.matches("SHA256:").count(), 2, "{message}");
        assert!(message.contains("has changed"), "{message}");
        assert!(
            message.contains(&format!("{}:2", fleet.known_hosts_file().display())),
            "{message}"
        );
    }
    visit(&fleet, "web1", fleet.transport()).await.assert_succeeded();
}

#[tokio::test]
async fn a_changed_key_never_gets_a_login() {
    let fleet = fleet().await;
    fleet.inject("web1", Fault::ChangedHostKey).unwrap();
    let settings = fleet.transport().password(fleet.password());
    visit(&fleet, "web1", settings)
        .await
        .assert_failed(FailureKind::HostKey);
    assert_eq!(fleet.host("web1").unwrap().logins(), 0);
}

#[tokio::test]
async fn a_new_host_is_recorded_and_then_known() {
    let fleet = fleet().await;
    let file = fleet.directory().join("new").join("known_hosts");
    let settings = fleet
        .transport()
        .known_hosts([&file])
        .host_keys(HostKeyPolicy::AcceptNew);
    let transport = settings.build().unwrap();
    for _ in 0..2 {
        for name in ["web1", "web2"] {
            let attempt = TestAttempt::to(name, fleet.connection(name).unwrap(), RemoteCommand::shell("true"));
            attempt.run(&transport).await.assert_succeeded();
        }
    }
    let mut recorded: Vec<String> = fs::read_to_string(&file).unwrap().lines().map(str::to_owned).collect();
    recorded.sort();
    let mut all: Vec<String> = fs::read_to_string(fleet.known_hosts_file())
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    all.sort();
    assert_eq!(recorded, all);
    visit(&fleet, "web1", fleet.transport().known_hosts([&file]))
        .await
        .assert_succeeded();
    fleet.inject("web1", Fault::ChangedHostKey).unwrap();
    let attempt = TestAttempt::to("web1", fleet.connection("web1").unwrap(), RemoteCommand::shell("true"));
    let message = attempt.run(&transport).await.assert_failed(FailureKind::HostKey);
    assert!(message.contains(&format!("{}:1", file.display())), "{message}");
}

#[tokio::test]
async fn what_others_record_meanwhile_counts() {
    let fleet = fleet().await;
    let file = fleet.directory().join("shared");
    let transport = fleet
        .transport()
        .known_hosts([&file])
        .host_keys(HostKeyPolicy::AcceptNew)
        .build()
        .unwrap();
    // Another process has met another web1 since the file was read.
    fs::copy(fleet.known_hosts_file(), &file).unwrap();
    fleet.inject("web1", Fault::ChangedHostKey).unwrap();
    let attempt = TestAttempt::to("web1", fleet.connection("web1").unwrap(), RemoteCommand::shell("true"));
    attempt.run(&transport).await.assert_failed(FailureKind::HostKey);
}

#[tokio::test]
async fn hashed_names_are_known() {
    let fleet = fleet().await;
    let hashed = Process::new("ssh-keygen")
        .arg("-q")
        .arg("-H")
        .arg("-f")
        .arg(fleet.known_hosts_file())
        .output();
    assert!(hashed.unwrap().status.success());
    let text = fs::read_to_string(fleet.known_hosts_file()).unwrap();
    assert!(text.lines().all(|line| line.starts_with("|1|")), "{text}");
    visit(&fleet, "web1", fleet.transport()).await.assert_succeeded();
    fleet.inject("web2", Fault::ChangedHostKey).unwrap();
    visit(&fleet, "web2", fleet.transport())
        .await
        .assert_failed(FailureKind::HostKey);
}

#[tokio::test]
async fn a_revoked_key_is_refused_even_if_it_is_also_trusted() {
    let fleet = fleet().await;
    let text = fs::read_to_string(fleet.known_hosts_file()).unwrap();
    let (_, key) = text.lines().next().unwrap().split_once(' ').unwrap();
    fs::write(fleet.known_hosts_file(), format!("{text}@revoked * {key}\n")).unwrap();
    let message = visit(&fleet, "web1", fleet.transport())
        .await
        .assert_failed(FailureKind::HostKey);
    assert!(message.contains("is revoked"), "{message}");
    visit(&fleet, "web2", fleet.transport()).await.assert_succeeded();
}

#[tokio::test]
async fn one_of_several_keys_of_a_host_is_enough() {
    let fleet = fleet().await;
    let text = fs::read_to_string(fleet.known_hosts_file()).unwrap();
    let keys: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(_, key)| key)
        .collect();
    fs::write(
        fleet.known_hosts_file(),
        keys.iter()
            .map(|key| format!("[127.*]:*,!web3 {key}\n"))
            .collect::<String>(),
    )
    .unwrap();
    visit(&fleet, "web1", fleet.transport()).await.assert_succeeded();
    visit(&fleet, "web2", fleet.transport()).await.assert_succeeded();
}

#[tokio::test]
async fn a_key_known_without_a_port_is_good_at_every_port() {
    let fleet = fleet().await;
    rewrite(&fleet, |line| {
        let (name, key) = line.split_once(' ').unwrap();
        let (address, _) = name.trim_start_matches('[').split_once(']').unwrap();
        format!("{address} {key}")
    });
    visit(&fleet, "web1", fleet.transport()).await.assert_succeeded();
}

#[tokio::test]
async fn an_alias_is_looked_up_instead_of_the_address() {
    let fleet = fleet().await;
    rewrite(&fleet, |line| format!("the-web {}", line.split_once(' ').unwrap().1));
    let mut connection = fleet.connection("web1").unwrap();
    connection
        .vars
        .insert("host_key_alias".to_owned(), "The-Web".to_owned());
    let attempt = TestAttempt::to("web1", connection, RemoteCommand::shell("true"));
    attempt
        .run(&fleet.transport().build().unwrap())
        .await
        .assert_succeeded();
}

#[tokio::test]
async fn a_missing_file_is_an_error_when_only_known_hosts_are_trusted() {
    let fleet = fleet().await;
    let missing = Path::new("/no/such/known_hosts");
    let error = fleet.transport().known_hosts([missing]).build().unwrap_err();
    assert!(matches!(error, SetupError::KnownHosts { .. }), "{error}");
    assert!(error.to_string().contains("/no/such/known_hosts"), "{error}");
    // A directory is there and cannot be read as a file, whatever the policy.
    let unreadable = fleet
        .transport()
        .known_hosts([fleet.directory()])
        .host_keys(HostKeyPolicy::AcceptNew);
    assert!(matches!(unreadable.build(), Err(SetupError::KnownHosts { .. })));
}

#[tokio::test]
async fn bad_lines_are_skipped_with_a_warning() {
    let fleet = fleet().await;
    let text = fs::read_to_string(fleet.known_hosts_file()).unwrap();
    let text = format!("this is no entry\n@something * ssh-ed25519 AAAA\n{text}");
    fs::write(fleet.known_hosts_file(), text).unwrap();
    let transport = fleet.transport().build().unwrap();
    let warnings = transport.warnings().join("\n");
    let file = fleet.known_hosts_file().display().to_string();
    assert!(
        warnings.contains(&format!("{file}:1: line skipped: not an entry")),
        "{warnings}"
    );
    assert!(
        warnings.contains(&format!("{file}:2: line skipped: not an entry")),
        "{warnings}"
    );
    visit(&fleet, "web1", fleet.transport()).await.assert_succeeded();
}

#[tokio::test]
async fn insecure_trusts_anybody_and_warns() {
    let fleet = fleet().await;
    fleet.inject("web1", Fault::ChangedHostKey).unwrap();
    let settings = fleet.transport().host_keys(HostKeyPolicy::Insecure);
    let transport = settings.clone().build().unwrap();
    assert!(transport.warnings().iter().any(|warning| warning.contains("insecure")));
    visit(&fleet, "web1", settings).await.assert_succeeded();
}

#[tokio::test]
async fn openssh_is_asked_for_the_type_of_key_that_is_known() {
    if !openssh::is_there("openssh_is_asked_for_the_type_of_key_that_is_known") {
        return;
    }
    let keys = tempfile::tempdir().unwrap();
    let mut lines = String::new();
    for kind in ["rsa", "ecdsa"] {
        generate_key(keys.path(), kind, kind);
        lines.push_str(&format!("HostKey {}\n", keys.path().join(kind).display()));
    }
    let server = OpenSsh::start_with(&lines);
    for kind in ["rsa", "ecdsa"] {
        let key = fs::read_to_string(keys.path().join(format!("{kind}.pub"))).unwrap();
        fs::write(server.path("known_hosts"), format!("{} {key}", server.listed())).unwrap();
        let attempt = TestAttempt::to("web1", server.connection(), RemoteCommand::shell("true"));
        attempt
            .run(&server.transport().build().unwrap())
            .await
            .assert_succeeded();
    }
}

#[tokio::test]
async fn a_host_that_shows_a_key_of_another_type_than_the_known_one_is_refused() {
    let test = "a_host_that_shows_a_key_of_another_type_than_the_known_one_is_refused";
    if !openssh::is_there(test) {
        return;
    }
    let keys = tempfile::tempdir().unwrap();
    generate_key(keys.path(), "ecdsa", "ecdsa");
    let ecdsa = keys.path().join("ecdsa");
    let server = OpenSsh::start_with(&format!(
        "HostKey {}\nHostKeyAlgorithms ecdsa-sha2-nistp256",
        ecdsa.display()
    ));
    for policy in [HostKeyPolicy::Strict, HostKeyPolicy::AcceptNew] {
        let attempt = TestAttempt::to("web1", server.connection(), RemoteCommand::shell("true"));
        let transport = server.transport().host_keys(policy).build().unwrap();
        let message = attempt.run(&transport).await.assert_failed(FailureKind::HostKey);
        for part in ["has changed", "ecdsa-sha2-nistp256", "known_hosts:1"] {
            assert!(message.contains(part), "{message}");
        }
    }
}
