//! Host certificates, by OpenSSH's own server and tools.

use std::fs;
use std::path::Path;
use std::process::Command as Process;

use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::FailureKind;
use pogo_ssh::HostKeyPolicy;

use crate::attempt::{Report, TestAttempt};
use crate::openssh::{self, OpenSsh, generate_key};

/// A server with a certificate made with these options of `ssh-keygen -s`.
struct Certified {
    server: OpenSsh,
    keys: tempfile::TempDir,
}

impl Certified {
    /// `None` where there is no sshd.
    fn start(test: &str, authority: &str, options: &[&str]) -> Option<Self> {
        if !openssh::is_there(test) {
            return None;
        }
        let keys = tempfile::tempdir().unwrap();
        for (name, kind) in [("ca", authority), ("other_ca", "ed25519"), ("host", "ed25519")] {
            generate_key(keys.path(), name, kind);
        }
        sign(keys.path(), options);
        let at = keys.path().display();
        let server = OpenSsh::start_with(&format!("HostKey {at}/host\nHostCertificate {at}/host-cert.pub"));
        Some(Self { server, keys })
    }

    fn public_key(&self, name: &str) -> String {
        fs::read_to_string(self.keys.path().join(format!("{name}.pub"))).unwrap()
    }

    /// Makes these the known hosts and goes there.
    async fn visit(&self, known_hosts: &str) -> Report {
        fs::write(self.server.path("known_hosts"), known_hosts).unwrap();
        let attempt = TestAttempt::to("web1", self.server.connection(), RemoteCommand::shell("true"));
        attempt.run(&self.server.transport().build().unwrap()).await
    }

    async fn visit_trusting(&self, authority: &str) -> Report {
        self.visit(&format!("@cert-authority * {}", self.public_key(authority)))
            .await
    }
}

fn sign(keys: &Path, options: &[&str]) {
    let signed = Process::new("ssh-keygen")
        .args(["-q", "-s", "ca", "-I", "test"])
        .args(options)
        .arg("host.pub")
        .current_dir(keys)
        .status();
    assert!(signed.unwrap().success());
}

const HOST: &[&str] = &["-h", "-n", "127.0.0.1,other.example.com"];

#[tokio::test]
async fn a_certificate_of_a_trusted_authority_is_trusted() {
    for authority in ["ed25519", "rsa", "ecdsa"] {
        let Some(host) = Certified::start("a_certificate_of_a_trusted_authority_is_trusted", authority, HOST) else {
            return;
        };
        host.visit_trusting("ca").await.assert_succeeded();
        let for_address = format!("@cert-authority {} {}", host.server.listed(), host.public_key("ca"));
        host.visit(&for_address).await.assert_succeeded();
    }
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    let Some(host) = Certified::start("a_certificate_of_another_authority_is_refused", "ed25519", HOST) else {
        return;
    };
    let message = host
        .visit_trusting("other_ca")
        .await
        .assert_failed(FailureKind::HostKey);
    assert!(
        message.contains("which no @cert-authority line names for this host"),
        "{message}"
    );
    // The authority's key is not the host's own, nor is an authority for other hosts one for this.
    let plain = format!("{} {}", host.server.listed(), host.public_key("ca"));
    host.visit(&plain).await.assert_failed(FailureKind::HostKey);
    let elsewhere = format!("@cert-authority *.example.com {}", host.public_key("ca"));
    host.visit(&elsewhere).await.assert_failed(FailureKind::HostKey);
}

#[tokio::test]
async fn a_certificate_that_is_not_for_this_host_or_not_now_is_refused() {
    for (options, reason) in [
        (
            vec!["-h", "-n", "other.example.com"],
            "it is for other.example.com, not for 127.0.0.1",
        ),
        (
            vec!["-h", "-n", "127.0.0.1", "-V", "20000101:20010101"],
            "it is not valid now",
        ),
        (
            vec!["-h", "-n", "127.0.0.1", "-V", "20900101:20910101"],
            "it is not valid now",
        ),
    ] {
        let test = "a_certificate_that_is_not_for_this_host_or_not_now_is_refused";
        let Some(host) = Certified::start(test, "ed25519", &options) else {
            return;
        };
        let message = host.visit_trusting("ca").await.assert_failed(FailureKind::HostKey);
        assert!(message.contains(reason), "{message}");
    }
}

#[tokio::test]
async fn a_certificate_without_principals_or_with_a_wildcard_is_good_here() {
    for options in [vec!["-h"], vec!["-h", "-n", "127.0.*"]] {
        let test = "a_certificate_without_principals_or_with_a_wildcard_is_good_here";
        let Some(host) = Certified::start(test, "ed25519", &options) else {
            return;
        };
        host.visit_trusting("ca").await.assert_succeeded();
    }
}

#[tokio::test]
async fn a_revoked_authority_or_key_is_refused() {
    let Some(host) = Certified::start("a_revoked_authority_or_key_is_refused", "ed25519", HOST) else {
        return;
    };
    for revoked in ["ca", "host"] {
        let lines = format!(
            "@cert-authority * {}@revoked * {}",
            host.public_key("ca"),
            host.public_key(revoked)
        );
        let message = host.visit(&lines).await.assert_failed(FailureKind::HostKey);
        assert!(message.contains("is revoked"), "{message}");
    }
}

#[tokio::test]
async fn a_bad_certificate_may_hold_a_key_that_is_known_by_itself() {
    let expired = ["-h", "-n", "127.0.0.1", "-V", "20000101:20010101"];
    let test = "a_bad_certificate_may_hold_a_key_that_is_known_by_itself";
    let Some(host) = Certified::start(test, "ed25519", &expired) else {
        return;
    };
    let lines = format!(
        "@cert-authority * {}{} {}",
        host.public_key("ca"),
        host.server.listed(),
        host.public_key("host")
    );
    host.visit(&lines).await.assert_succeeded();
}

#[tokio::test]
async fn a_bad_certificate_is_never_accepted_as_new() {
    let Some(host) = Certified::start("a_bad_certificate_is_never_accepted_as_new", "ed25519", HOST) else {
        return;
    };
    let line = format!("@cert-authority * {}", host.public_key("other_ca"));
    fs::write(host.server.path("known_hosts"), &line).unwrap();
    let settings = host.server.transport().host_keys(HostKeyPolicy::AcceptNew);
    let attempt = TestAttempt::to("web1", host.server.connection(), RemoteCommand::shell("true"));
    attempt
        .run(&settings.build().unwrap())
        .await
        .assert_failed(FailureKind::HostKey);
    assert_eq!(fs::read_to_string(host.server.path("known_hosts")).unwrap(), line);
}
