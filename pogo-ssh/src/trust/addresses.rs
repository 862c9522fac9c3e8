//! The check of a host's address besides its name (`CheckHostIP`), by example.

use std::fs;
use std::path::Path;

use pogo_core::fleet::Host;
use pogo_core::plan::RemoteCommand;
use russh::keys::{PublicKey, PublicKeyOrCertificate};
use tempfile::TempDir;

use super::known_hosts::KnownHosts;
use super::{HostKeyRefusal, Verifier};
use crate::config::SshTransportBuilder;
use crate::host_key_policy::HostKeyPolicy;
use crate::target::Target;
use crate::targets::Targets;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
const OTHER: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINXVBvMv3WoFBqPNK91l/ukAuW+ob869n2OWsCQeoGAO";
const ADDRESS: &str = "192.0.2.7";

async fn target() -> Target {
    let targets = Targets::new(&SshTransportBuilder::default(), "ops");
    let host = Host::new("web1".parse().unwrap());
    let mut target = targets.of(&host, &RemoteCommand::shell("true")).await.unwrap();
    target.checks_address = true;
    target
}

/// A known_hosts file with these lines, and how a host is judged that shows `KEY` there.
struct Lab(TempDir);

impl Lab {
    fn new(lines: &str) -> Self {
        let lab = Self(tempfile::tempdir().unwrap());
        fs::write(lab.0.path().join("known_hosts"), lines).unwrap();
        lab
    }

    fn verify(&self, policy: HostKeyPolicy, target: &Target, address: &str) -> Result<(), HostKeyRefusal> {
        let verifier = Verifier::new(policy, vec![self.0.path().join("known_hosts")]).unwrap();
        let shown = PublicKeyOrCertificate::from(PublicKey::from_openssh(KEY).unwrap());
        verifier.verify(target, &shown, Some(address.parse().unwrap()))
    }

    fn text(&self) -> String {
        fs::read_to_string(self.0.path().join("known_hosts")).unwrap()
    }
}

#[tokio::test]
async fn an_address_that_is_known_for_another_key_is_refused() {
    let lab = Lab::new(&format!("web1 {KEY}\n{ADDRESS} {OTHER}\n"));
    let mut target = target().await;
    let refusal = lab.verify(HostKeyPolicy::Strict, &target, ADDRESS).unwrap_err();
    assert!(matches!(refusal, HostKeyRefusal::Changed { .. }), "{refusal}");
    assert!(
        refusal
            .to_string()
            .contains("192.0.2.7, the address of web1:22 (CheckHostIP),"),
        "{refusal}"
    );
    assert_eq!(lab.verify(HostKeyPolicy::Strict, &target, "192.0.2.8"), Ok(()));
    target.checks_address = false;
    assert_eq!(lab.verify(HostKeyPolicy::Strict, &target, ADDRESS), Ok(()));
}

#[tokio::test]
async fn a_revoked_key_of_the_address_is_refused() {
    let lab = Lab::new(&format!("web1 {KEY}\n@revoked {ADDRESS} {KEY}\n"));
    let refusal = lab.verify(HostKeyPolicy::Strict, &target().await, ADDRESS).unwrap_err();
    assert!(matches!(refusal, HostKeyRefusal::Revoked { .. }), "{refusal}");
}

#[tokio::test]
async fn a_new_host_is_recorded_with_its_address() {
    let (lab, mut target) = (Lab::new(""), target().await);
    lab.verify(HostKeyPolicy::Strict, &target, ADDRESS).unwrap_err();
    assert_eq!(lab.text(), "");
    lab.verify(HostKeyPolicy::AcceptNew, &target, ADDRESS).unwrap();
    assert_eq!(lab.text(), format!("web1,{ADDRESS} {KEY}\n"));
    // A host that moves has its new address recorded besides, as OpenSSH does.
    target.hash_known_hosts = true;
    lab.verify(HostKeyPolicy::AcceptNew, &target, "192.0.2.8").unwrap();
    let text = lab.text();
    assert!(
        text.lines().count() == 2 && text.lines().last().unwrap().starts_with("|1|"),
        "{text}"
    );
    lab.verify(HostKeyPolicy::AcceptNew, &target, "192.0.2.8").unwrap();
    assert_eq!(lab.text(), text);
    // Hashed names stand alone.
    let lab = Lab::new("");
    lab.verify(HostKeyPolicy::AcceptNew, &target, ADDRESS).unwrap();
    assert_eq!(lab.text().lines().count(), 2);
    let mut known = KnownHosts::default();
    known.read(Path::new(&lab.0.path().join("known_hosts"))).unwrap();
    assert_eq!(known.algorithms(ADDRESS, 22).len(), 1);
}

#[tokio::test]
async fn any_key_is_taken_at_this_machine_itself_where_that_is_asked_for() {
    let (lab, mut target) = (Lab::new(&format!("web1 {OTHER}\n")), target().await);
    lab.verify(HostKeyPolicy::Strict, &target, "127.0.0.1").unwrap_err();
    target.trusts_localhost = true;
    lab.verify(HostKeyPolicy::Strict, &target, "127.0.0.1").unwrap();
    lab.verify(HostKeyPolicy::Strict, &target, "::1").unwrap();
    lab.verify(HostKeyPolicy::Strict, &target, ADDRESS).unwrap_err();
}
