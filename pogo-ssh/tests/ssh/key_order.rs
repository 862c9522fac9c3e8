//! Which keys are offered, in which order: as OpenSSH's client does it.

use std::fs;
use std::process::Command as Process;

use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::FailureKind;
use pogo_ssh::{Agent, SshTransportBuilder};

use crate::agent::RealAgent;
use crate::attempt::TestAttempt;
use crate::openssh::{self, OpenSsh, generate_key};

/// A server that takes none of these keys, and an agent.
struct Lab {
    server: OpenSsh,
    agent: RealAgent,
}

impl Lab {
    fn open(test: &str, configuration: &str) -> Option<Self> {
        if !openssh::is_there(test) {
            return None;
        }
        let server = OpenSsh::start_with(&format!("LogLevel DEBUG1\n{configuration}"));
        fs::write(server.path("authorized_keys"), "").unwrap();
        let agent = RealAgent::start()?;
        Some(Self { server, agent })
    }

    fn key(&self, name: &str) {
        generate_key(self.server.directory.path(), name, "ed25519");
    }

    /// In the agent, and nowhere else.
    fn held(&self, name: &str) {
        self.key(name);
        self.agent.add(&self.server.path(name));
    }

    fn forget(&self, name: &str) {
        fs::remove_file(self.server.path(name)).unwrap();
    }

    fn settings(&self) -> SshTransportBuilder {
        self.server
            .transport()
            .no_identities()
            .agent(Agent::Socket(self.agent.socket()))
    }

    /// What OpenSSH's client offers, with these options.
    fn ssh(&self, options: &[String]) {
        let server = &self.server;
        let done = Process::new("ssh")
            .args(["-F", "none", "-o", "BatchMode=yes", "-o", "PasswordAuthentication=no"])
            .args(["-o", "KbdInteractiveAuthentication=no", "-o"])
            .arg(format!("UserKnownHostsFile={}", server.path("known_hosts").display()))
            .args(options)
            .args(["-p", &server.port.to_string(), "127.0.0.1", "true"])
            .env("SSH_AUTH_SOCK", self.agent.socket())
            .output()
            .unwrap();
        assert_eq!(done.status.code(), Some(255));
    }

    async fn pogo(&self, settings: SshTransportBuilder) {
        let attempt = TestAttempt::to("web1", self.server.connection(), RemoteCommand::shell("true"));
        let report = attempt.run(&settings.auth_tries(20).build().unwrap()).await;
        report.assert_failed(FailureKind::Authentication);
    }

    /// Both clients, with these files; both must offer the same.
    async fn compare(&self, files: &[&str], only: bool, wanted: usize) {
        let before = self.server.offered(0).len();
        let ended = self.server.refused();
        let paths: Vec<String> = files
            .iter()
            .map(|name| self.server.path(name).display().to_string())
            .collect();
        let mut options: Vec<String> = paths.iter().map(|path| format!("-oIdentityFile={path}")).collect();
        if only {
            options.push("-oIdentitiesOnly=yes".to_owned());
        }
        self.ssh(&options);
        let theirs = self.server.offered(ended + 1).split_off(before);
        let settings = paths
            .iter()
            .fold(self.settings().identities_only(only), SshTransportBuilder::identity);
        self.pogo(settings).await;
        let ours = self.server.offered(ended + 2).split_off(before + theirs.len());
        assert_eq!(ours, theirs, "{files:?}");
        assert_eq!(ours.len(), wanted, "{files:?}: {ours:#?}");
    }
}

#[tokio::test]
async fn keys_are_offered_in_the_order_of_openssh() {
    let Some(lab) = Lab::open("keys_are_offered_in_the_order_of_openssh", "MaxAuthTries 30") else {
        return;
    };
    for name in ["a", "b", "c", "d"] {
        lab.held(name);
    }
    for name in ["file", "other"] {
        lab.key(name);
    }
    // What the agent holds of the files is first, in the agent's order; then the rest of the agent, then of the files.
    lab.compare(&["d", "file", "b"], false, 5).await;
    lab.compare(&["file", "other"], false, 6).await;
    lab.compare(&["d", "file", "b"], true, 3).await;
    // The public half is enough, by its own name or by that of the private one.
    lab.forget("c");
    lab.compare(&["c"], false, 4).await;
    lab.compare(&["c"], true, 1).await;
    lab.compare(&["c.pub", "file"], true, 2).await;
}

#[tokio::test]
async fn certificates_are_offered_in_the_order_of_openssh() {
    let Some(lab) = Lab::open("certificates_are_offered_in_the_order_of_openssh", "MaxAuthTries 30") else {
        return;
    };
    for name in ["ca", "a", "file", "both"] {
        lab.key(name);
    }
    lab.agent.add(&lab.server.path("a"));
    for name in ["file", "both"] {
        openssh::sign_key(lab.server.directory.path(), "ca", name, "somebody");
    }
    // The agent takes the certificate that lies beside the key.
    lab.agent.add(&lab.server.path("both"));
    lab.compare(&["file"], false, 5).await;
    lab.compare(&["both"], false, 3).await;
    lab.compare(&["both", "file"], true, 4).await;
    // Its key is in the agent, its certificate beside the file.
    openssh::sign_key(lab.server.directory.path(), "ca", "a", "somebody");
    lab.compare(&["a"], true, 2).await;
}

#[tokio::test]
async fn a_named_key_logs_in_behind_any_number_of_keys_in_the_agent() {
    let test = "a_named_key_logs_in_behind_any_number_of_keys_in_the_agent";
    let Some(lab) = Lab::open(test, "MaxAuthTries 6") else {
        return;
    };
    for number in 1..=9 {
        lab.held(&format!("other{number}"));
    }
    let attempt = || TestAttempt::to("web1", lab.server.connection(), RemoteCommand::shell("true"));
    let key = lab.server.path("client_ed25519");
    fs::write(
        lab.server.path("authorized_keys"),
        lab.server.public_key("client_ed25519"),
    )
    .unwrap();
    // It is in its file only, and the agent's others would use up the tries.
    let settings = lab.settings().identity(&key);
    attempt().run(&settings.build().unwrap()).await.assert_succeeded();
    // It is in the agent too, and the last there.
    lab.agent.add(&key);
    let settings = lab.settings().identity(&key);
    attempt().run(&settings.build().unwrap()).await.assert_succeeded();
    // Its private half is in the agent only.
    fs::remove_file(&key).unwrap();
    let settings = lab.settings().identity(&key);
    attempt().run(&settings.build().unwrap()).await.assert_succeeded();
    // Nobody names it.
    let report = attempt().run(&lab.settings().build().unwrap()).await;
    report.assert_failed(FailureKind::Authentication);
}
