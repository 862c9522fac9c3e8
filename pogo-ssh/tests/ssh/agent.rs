//! Logging in with the keys of a real ssh-agent.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};

use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::FailureKind;
use pogo_ssh::Agent;
use tempfile::TempDir;

use crate::attempt::TestAttempt;
use crate::login::{bare, fleet, log_in};
use crate::openssh::{self, OpenSsh, generate_key};

/// A real ssh-agent.
pub(crate) struct RealAgent {
    process: Child,
    directory: TempDir,
}

impl RealAgent {
    pub(crate) fn start() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mut process = Process::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(directory.path().join("agent"))
            .stdout(Stdio::piped())
            .spawn()
            .inspect_err(|error| eprintln!("LEFT OUT: a test of ssh-agent: {error} (package openssh-client)"))
            .ok()?;
        // It prints its socket's name once it listens.
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Some(Self { process, directory })
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("agent")
    }

    pub(crate) fn add(&self, key: &Path) {
        let added = Process::new("ssh-add")
            .arg("-q")
            .arg(key)
            .env("SSH_AUTH_SOCK", self.socket())
            .status();
        assert!(added.unwrap().success());
    }

    /// Locks it; then it shows nothing.
    pub(crate) fn lock(&self) {
        const LOCK: u8 = 22;
        let mut stream = std::os::unix::net::UnixStream::connect(self.socket()).unwrap();
        stream.write_all(&[0, 0, 0, 6, LOCK, 0, 0, 0, 1, b'x']).unwrap();
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(answer, [0, 0, 0, 1, 6]);
    }
}

impl Drop for RealAgent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_key_in_the_agent_logs_in() {
    let (fleet, Some(agent)) = (fleet().await, RealAgent::start()) else {
        return;
    };
    agent.add(&fleet.identity_file());
    let settings = bare(&fleet).agent(Agent::Socket(agent.socket()));
    log_in(&fleet, settings).await.assert_succeeded();
}

#[tokio::test]
async fn a_key_that_the_agent_holds_is_not_tried_again_from_its_file() {
    let (fleet, Some(agent)) = (fleet().await, RealAgent::start()) else {
        return;
    };
    generate_key(fleet.directory(), "wrong", "ed25519");
    let wrong = fleet.directory().join("wrong");
    agent.add(&wrong);
    let settings = bare(&fleet).agent(Agent::Socket(agent.socket())).identity(wrong);
    let message = log_in(&fleet, settings)
        .await
        .assert_failed(FailureKind::Authentication);
    assert!(
        message.contains("agent key SHA256:") && !message.contains("key file"),
        "{message}"
    );
}

#[tokio::test]
async fn an_agent_that_is_gone_does_not_keep_a_key_file_from_logging_in() {
    let fleet = fleet().await;
    let settings = fleet
        .transport()
        .agent(Agent::Socket(fleet.directory().join("no-agent")));
    log_in(&fleet, settings).await.assert_succeeded();
}

#[tokio::test]
async fn an_rsa_key_in_the_agent_logs_in_to_openssh() {
    if !openssh::is_there("an_rsa_key_in_the_agent_logs_in_to_openssh") {
        return;
    }
    let Some(agent) = RealAgent::start() else { return };
    let server = OpenSsh::start();
    generate_key(server.directory.path(), "client_rsa", "rsa");
    std::fs::write(server.path("authorized_keys"), server.public_key("client_rsa")).unwrap();
    agent.add(&server.path("client_rsa"));
    let transport = server.transport().agent(Agent::Socket(agent.socket())).build().unwrap();
    let attempt = TestAttempt::to("web1", server.connection(), RemoteCommand::shell("true"));
    attempt.run(&transport).await.assert_succeeded();
}

#[tokio::test]
async fn only_the_named_keys_of_an_agent_are_used_if_so_wanted() {
    let (fleet, Some(agent)) = (fleet().await, RealAgent::start()) else {
        return;
    };
    for name in ["a", "b", "c"] {
        generate_key(fleet.directory(), name, "ed25519");
        agent.add(&fleet.directory().join(name));
    }
    agent.add(&fleet.identity_file());
    let settings = bare(&fleet).agent(Agent::Socket(agent.socket())).auth_tries(1);
    let message = log_in(&fleet, settings.clone())
        .await
        .assert_failed(FailureKind::Authentication);
    assert!(message.contains("agent key"), "{message}");
    let message = log_in(&fleet, settings.clone().identities_only(true))
        .await
        .assert_failed(FailureKind::Authentication);
    assert!(message.contains("there was nothing to try"), "{message}");
    let named = settings.identities_only(true).identity(fleet.identity_file());
    log_in(&fleet, named).await.assert_succeeded();
}
