//! Hosts that OpenSSH's configuration says how to reach.

use std::fs;

use pogo_core::fleet::Connection;
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::FailureKind;
use pogo_ssh::{Agent, ClientConfig, HostKeyPolicy, SetupError, SshTransport, SshTransportBuilder};

use crate::agent::RealAgent;
use crate::attempt::{Report, TestAttempt};
use crate::openssh::{self, OpenSsh};

/// A transport that knows nothing but the configuration.
pub(crate) fn settings(server: &OpenSsh, text: &str) -> SshTransportBuilder {
    let text = text
        .replace("@DIR@", server.directory.path().to_str().unwrap())
        .replace("@PORT@", &server.port.to_string());
    fs::write(server.path("config"), text).unwrap();
    let config = ClientConfig::of_file(server.path("config")).unwrap();
    let locks = server.path("locks").display().to_string();
    SshTransport::builder()
        .agent(Agent::Off)
        .client_config(config)
        .lock_directory(locks)
}

pub(crate) async fn visit(settings: SshTransportBuilder, name: &str) -> Report {
    let attempt = TestAttempt::to(
        name,
        Connection::default(),
        RemoteCommand::shell("echo $USER $SSH_CONNECTION"),
    );
    attempt.run(&settings.build().unwrap()).await
}

const ALL: &str = "\
Host web*
  HostName 127.0.0.1
  Port @PORT@
  IdentityFile @DIR@/client_%k
  HostKeyAlias ed25519
  UserKnownHostsFile @DIR@/known-%n @DIR@/nowhere
";

fn server() -> OpenSsh {
    let server = OpenSsh::start();
    let known = format!("[ed25519]:{} {}", server.port, server.public_key("host_ed25519"));
    fs::write(server.path("known-web1"), known).unwrap();
    server
}

#[tokio::test]
async fn a_host_is_reached_as_the_configuration_says() {
    if !openssh::is_there("a_host_is_reached_as_the_configuration_says") {
        return;
    }
    let server = server();
    visit(settings(&server, ALL), "web1").await.assert_succeeded();
    // The known_hosts file of another host is not there, so that host is not known.
    let message = visit(settings(&server, ALL), "web2")
        .await
        .assert_failed(FailureKind::HostKey);
    assert!(message.contains("known_hosts"), "{message}");
}

#[tokio::test]
async fn what_the_host_or_the_caller_says_comes_before_the_configuration() {
    if !openssh::is_there("what_the_host_or_the_caller_says_comes_before_the_configuration") {
        return;
    }
    let server = server();
    let text = ALL.replace("@PORT@", "1");
    let report = visit(settings(&server, &text).port(server.port), "web1").await;
    report.assert_succeeded();
    let connection = Connection::new().port(server.port);
    let transport = settings(&server, &text).port(2).build().unwrap();
    let attempt = TestAttempt::to("web1", connection, RemoteCommand::shell("true"));
    attempt.run(&transport).await.assert_succeeded();
}

#[tokio::test]
async fn a_host_with_settings_that_are_not_supported_is_refused_by_name_and_others_are_not() {
    if !openssh::is_there("a_host_with_settings_that_are_not_supported_is_refused_by_name_and_others_are_not") {
        return;
    }
    let server = server();
    let text = format!("{ALL}Host web2\n  ProxyCommand nc %h %p\n");
    visit(settings(&server, &text), "web1").await.assert_succeeded();
    let message = visit(settings(&server, &text), "web2")
        .await
        .assert_failed(FailureKind::Refused);
    assert!(
        message.contains("config:8: `proxycommand nc %h %p` is not supported"),
        "{message}"
    );
}

#[tokio::test]
async fn a_jump_host_is_reached_as_the_configuration_says_about_it() {
    if !openssh::is_there("a_jump_host_is_reached_as_the_configuration_says_about_it") {
        return;
    }
    let server = server();
    let text = format!("{ALL}Host web2\n  ProxyJump web1\n");
    fs::copy(server.path("known-web1"), server.path("known-web2")).unwrap();
    visit(settings(&server, &text), "web2").await.assert_succeeded();
    server.assert_logins(2);
    let circle = format!("{ALL}Host web*\n  ProxyJump web1\n");
    let message = visit(settings(&server, &circle), "web1")
        .await
        .assert_failed(FailureKind::Refused);
    assert!(message.contains("through itself"), "{message}");
}

#[tokio::test]
async fn unknown_keys_are_taken_only_as_far_as_somebody_says_so() {
    if !openssh::is_there("unknown_keys_are_taken_only_as_far_as_somebody_says_so") {
        return;
    }
    let server = server();
    fs::write(server.path("known-web1"), "").unwrap();
    let text = |strict: &str| format!("StrictHostKeyChecking {strict}\n{ALL}");
    let insecure = visit(settings(&server, &text("no")), "web1").await;
    let message = insecure.assert_failed(FailureKind::Refused);
    assert!(message.contains("StrictHostKeyChecking no"), "{message}");
    for strict in ["yes", "ask"] {
        let report = visit(settings(&server, &text(strict)), "web1").await;
        report.assert_failed(FailureKind::HostKey);
    }
    let strict = settings(&server, &text("accept-new")).host_keys(HostKeyPolicy::Strict);
    visit(strict, "web1").await.assert_failed(FailureKind::HostKey);
    visit(settings(&server, &text("accept-new")), "web1")
        .await
        .assert_succeeded();
    let recorded = fs::read_to_string(server.path("known-web1")).unwrap();
    assert!(
        recorded.starts_with(&format!("[ed25519]:{} ", server.port)),
        "{recorded}"
    );
}

#[tokio::test]
async fn identities_only_keeps_other_keys_of_the_agent_back() {
    if !openssh::is_there("identities_only_keeps_other_keys_of_the_agent_back") {
        return;
    }
    let server = server();
    let text = ALL.replace("client_%k", "nowhere");
    let agent = RealAgent::start().unwrap();
    agent.add(&server.path("client_ed25519"));
    let with = |text: &str| settings(&server, text).agent(Agent::Socket(agent.socket()));
    visit(with(&text), "web1").await.assert_succeeded();
    let only = format!("IdentitiesOnly yes\n{text}");
    visit(with(&only), "web1")
        .await
        .assert_failed(FailureKind::Authentication);
    // The public key is enough to say which of the agent's keys is meant.
    let public = only.replace("nowhere", "client_%k.pub");
    let public = public.replacen(
        "UserKnownHostsFile @DIR@/known-%n @DIR@/client_%k.pub",
        "UserKnownHostsFile @DIR@/known-%n",
        1,
    );
    visit(with(&public), "web1").await.assert_succeeded();
}

#[tokio::test]
async fn methods_that_the_configuration_forbids_are_not_tried() {
    if !openssh::is_there("methods_that_the_configuration_forbids_are_not_tried") {
        return;
    }
    let server = server();
    let text = format!("PubkeyAuthentication no\n{ALL}");
    let message = visit(settings(&server, &text), "web1")
        .await
        .assert_failed(FailureKind::Authentication);
    assert!(message.contains("nothing to try"), "{message}");
}

#[tokio::test]
async fn the_configuration_is_enough_to_be_set_up_without_a_known_hosts_file() {
    if !openssh::is_there("the_configuration_is_enough_to_be_set_up_without_a_known_hosts_file") {
        return;
    }
    let server = server();
    settings(&server, ALL).build().unwrap();
    // Files that the caller names must be there.
    let named = settings(&server, ALL).known_hosts([server.path("nowhere")]);
    assert!(matches!(named.build(), Err(SetupError::KnownHosts { .. })));
}
