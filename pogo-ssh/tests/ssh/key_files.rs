//! Private key files: formats, passphrases, and who else can read them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command as Process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures::future::join_all;
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::FailureKind;
use pogo_ssh::{Agent, NoAnswer, Prompter, Question, SshTransport, SshTransportBuilder};
use secrecy::SecretString;

use crate::agent::RealAgent;
use crate::attempt::{Report, TestAttempt};
use crate::login::{bare, fleet, log_in};
use crate::openssh::{self, OpenSsh, generate_key};

const PASSPHRASE: &str = "open sesame";

/// Runs a program in a directory.
fn make(directory: &Path, line: &str) {
    let made = Process::new("sh")
        .args(["-ec", line])
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{line}\n{}",
        String::from_utf8_lossy(&made.stderr)
    );
}

/// Whoever answers counts how often.
fn asked(settings: SshTransportBuilder, answers: &'static [&'static str]) -> (SshTransportBuilder, Arc<AtomicU32>) {
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    let settings = settings.ask(move |question| match question {
        Question::Passphrase { attempt, .. } => {
            let before = counted.fetch_add(1, Ordering::SeqCst);
            assert_eq!(attempt, before + 1);
            answers
                .get(usize::try_from(before).unwrap())
                .map(|&answer| SecretString::from(answer))
        }
        _ => None,
    });
    (settings, count)
}

async fn run(server: &OpenSsh, settings: SshTransportBuilder) -> Report {
    let attempt = TestAttempt::to("web1", server.connection(), RemoteCommand::shell("true"));
    attempt.run(&settings.build().unwrap()).await
}

/// Keys in each format, and the lines that make them; `@` stands for the file.
fn formats() -> Vec<(&'static str, String)> {
    let pass = format!("-passout 'pass:{PASSPHRASE}'");
    let ec = "openssl ecparam -name prime256v1 -genkey -noout";
    vec![
        ("pem_plain", "ssh-keygen -q -t rsa -m PEM -N '' -f @".to_owned()),
        (
            "pem_aes128",
            format!("ssh-keygen -q -t rsa -m PEM -N '{PASSPHRASE}' -f @"),
        ),
        (
            "pem_ecdsa",
            format!("ssh-keygen -q -t ecdsa -m PEM -N '{PASSPHRASE}' -f @"),
        ),
        (
            "pem_aes256",
            format!("openssl genrsa -traditional -aes256 {pass} -out @ 2048"),
        ),
        ("pem_aes192", format!("{ec} | openssl ec -aes192 {pass} -out @")),
        (
            "pem_des3",
            format!("openssl genrsa -traditional -des3 {pass} -out @ 2048"),
        ),
        ("pkcs8_plain", "openssl genpkey -algorithm ed25519 -out @".to_owned()),
        (
            "pkcs8_ed25519",
            format!("openssl genpkey -algorithm ed25519 | openssl pkcs8 -topk8 {pass} -out @"),
        ),
        (
            "pkcs8_rsa",
            format!("openssl genrsa 2048 | openssl pkcs8 -topk8 {pass} -out @"),
        ),
        (
            "pkcs8_ecdsa",
            format!("{ec} | openssl pkcs8 -topk8 -v2 aes-128-cbc {pass} -out @"),
        ),
        (
            "pkcs8_scrypt",
            format!("{ec} | openssl pkcs8 -topk8 -scrypt {pass} -out @"),
        ),
        (
            "pkcs8_keygen",
            format!("ssh-keygen -q -t rsa -m PKCS8 -N '{PASSPHRASE}' -f @"),
        ),
        ("openssh", format!("ssh-keygen -q -t ed25519 -N '{PASSPHRASE}' -f @")),
    ]
}

#[tokio::test]
async fn every_format_that_openssh_reads_logs_in() {
    if !openssh::is_there("every_format_that_openssh_reads_logs_in") {
        return;
    }
    let server = OpenSsh::start();
    let directory = server.directory.path();
    for (name, line) in formats() {
        let key = server.path(name);
        make(directory, &line.replace('@', name));
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        // OpenSSH takes no Ed25519 in this format here; its public half is taken from our own parser.
        let public = Process::new("ssh-keygen")
            .args(["-y", "-P", PASSPHRASE, "-f"])
            .arg(&key)
            .output()
            .unwrap();
        if !public.status.success() {
            assert!(name.contains("ed25519") || name == "pkcs8_plain", "{name}");
            continue;
        }
        fs::write(server.path("authorized_keys"), &public.stdout).unwrap();
        let _ = fs::remove_file(server.path(&format!("{name}.pub")));
        let base = server.transport().no_identities().identity(&key);
        let (settings, count) = asked(base, &[PASSPHRASE]);
        let report = run(&server, settings).await;
        assert!(
            matches!(report.outcome, pogo_core::scheduler::Outcome::Succeeded),
            "{name}: {report:#?}"
        );
        assert_eq!(
            count.load(Ordering::SeqCst),
            u32::from(!name.ends_with("plain")),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_wrong_passphrase_is_asked_for_three_times_and_told() {
    if !openssh::is_there("a_wrong_passphrase_is_asked_for_three_times_and_told") {
        return;
    }
    let server = OpenSsh::start();
    let key = server.path("client_ed25519");
    for line in [
        "ssh-keygen -q -p -P '' -N 'open sesame' -f client_ed25519",
        "ssh-keygen -q -t rsa -m PEM -N 'open sesame' -f rsa && mv rsa client_ed25519 && mv rsa.pub authorized_keys",
        "openssl genrsa 2048 | openssl pkcs8 -topk8 -passout 'pass:open sesame' -out client_ed25519",
    ] {
        make(server.directory.path(), line);
        let _ = fs::remove_file(server.path("client_ed25519.pub"));
        let base = || server.transport().no_identities().identity(&key);
        let (settings, count) = asked(base(), &["one", "two", "three", "four"]);
        let message = run(&server, settings).await.assert_failed(FailureKind::Authentication);
        assert!(
            message.contains("the passphrase does not open the key file"),
            "{message}"
        );
        assert!(!message.contains("three"), "{message}");
        assert_eq!(count.load(Ordering::SeqCst), 3, "{line}");
        let (settings, count) = asked(base(), &["one", PASSPHRASE]);
        run(&server, settings).await;
        assert_eq!(count.load(Ordering::SeqCst), 2, "{line}");
    }
}

#[tokio::test]
async fn many_hosts_at_once_ask_for_a_passphrase_once() {
    let fleet = pogo_ssh::loopback::LoopbackFleet::start(["web1", "web2", "web3", "web4"])
        .await
        .unwrap();
    let locked = lock(&fleet.identity_file(), &fleet.directory().join("locked"));
    let (settings, count) = asked(bare(&fleet).identity(&locked), &[PASSPHRASE]);
    let transport = settings.build().unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 0, "asked before any host wants it");
    let attempts = ["web1", "web2", "web3", "web4"].map(|name| {
        let attempt = TestAttempt::to(name, fleet.connection(name).unwrap(), RemoteCommand::shell("true"));
        attempt.run(&transport)
    });
    for report in join_all(attempts).await {
        report.assert_succeeded();
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

/// A copy of a key file, encrypted.
fn lock(key: &Path, copy: &Path) -> PathBuf {
    fs::copy(key, copy).unwrap();
    let changed = Process::new("ssh-keygen")
        .args(["-q", "-p", "-P", "", "-N", PASSPHRASE, "-f"])
        .arg(copy)
        .output();
    assert!(changed.unwrap().status.success());
    copy.to_owned()
}

#[tokio::test]
async fn nobody_is_asked_for_a_passphrase_where_an_agent_serves() {
    let (fleet, Some(agent)) = (fleet().await, RealAgent::start()) else {
        return;
    };
    let locked = lock(&fleet.identity_file(), &fleet.directory().join("locked"));
    agent.add(&fleet.identity_file());
    let settings = bare(&fleet).agent(Agent::Socket(agent.socket())).identity(&locked);
    let (settings, count) = asked(settings, &[]);
    log_in(&fleet, settings).await.assert_succeeded();
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn nobody_is_asked_for_a_passphrase_of_a_key_that_the_host_does_not_take() {
    if !openssh::is_there("nobody_is_asked_for_a_passphrase_of_a_key_that_the_host_does_not_take") {
        return;
    }
    let server = OpenSsh::start();
    generate_key(server.directory.path(), "other", "ed25519");
    let other = lock(&server.path("other"), &server.path("other_locked"));
    let (settings, count) = asked(server.transport().no_identities().identity(other), &[]);
    let message = run(&server, settings).await.assert_failed(FailureKind::Authentication);
    assert!(message.contains("other_locked (refused)"), "{message}");
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn where_nobody_can_be_asked_the_reason_is_told_before_anything_begins() {
    struct Nobody;
    impl Prompter for Nobody {
        fn prompt(&self, question: Question<'_>) -> Result<SecretString, NoAnswer> {
            self.can_answer(question).map(|()| SecretString::from(""))
        }
        fn can_answer(&self, _: Question<'_>) -> Result<(), NoAnswer> {
            Err(NoAnswer::Unavailable("there is no terminal; give --secret".to_owned()))
        }
    }
    let fleet = fleet().await;
    let locked = lock(&fleet.identity_file(), &fleet.directory().join("locked"));
    let settings = bare(&fleet).identity(&locked).prompter(Nobody);
    let error = settings.build().unwrap_err().to_string();
    assert!(
        error.contains("locked is encrypted, and there is no terminal; give --secret"),
        "{error}"
    );
}

#[tokio::test]
async fn a_key_that_others_can_read_is_refused_as_by_openssh() {
    let (fleet, Some(agent)) = (fleet().await, RealAgent::start()) else {
        return;
    };
    let key = fleet.directory().join("open");
    fs::copy(fleet.identity_file(), &key).unwrap();
    for mode in [0o600, 0o400, 0o700, 0o640, 0o604, 0o644, 0o660, 0o610, 0o601, 0o666] {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        let theirs = Process::new("ssh-keygen")
            .args(["-y", "-P", "", "-f"])
            .arg(&key)
            .output()
            .unwrap();
        let ours = bare(&fleet).identity(&key).build();
        assert_eq!(ours.is_ok(), theirs.status.success(), "{mode:o}");
        if let Err(error) = ours {
            let error = error.to_string();
            let cure = format!("chmod 600 {}", key.display());
            assert!(
                error.contains("UNPROTECTED PRIVATE KEY FILE") && error.contains(&cure),
                "{error}"
            );
            assert!(error.contains(&format!("(mode {mode:04o})")), "{error}");
        }
    }
    // The agent's copy is none of that file's business; the remark stays.
    generate_key(fleet.directory(), "unused", "ed25519");
    fs::copy(fleet.directory().join("unused.pub"), fleet.directory().join("open.pub")).unwrap();
    fs::write(fleet.directory().join("open.pub"), public_of(&fleet.identity_file())).unwrap();
    agent.add(&fleet.identity_file());
    let settings = bare(&fleet).identity(&key).agent(Agent::Socket(agent.socket()));
    let transport = settings.build().unwrap();
    assert!(
        transport.warnings()[0].contains("UNPROTECTED"),
        "{:?}",
        transport.warnings()
    );
    let attempt = TestAttempt::to("web1", fleet.connection("web1").unwrap(), RemoteCommand::shell("true"));
    attempt.run(&transport).await.assert_succeeded();
    // It is the owner's to say who may read: what belongs to somebody else is taken, as long as it can be read.
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&key, Some(65534), Some(65534)).unwrap();
        let theirs = Process::new("ssh-keygen")
            .args(["-y", "-P", "", "-f"])
            .arg(&key)
            .output()
            .unwrap();
        assert_eq!(bare(&fleet).identity(&key).build().is_ok(), theirs.status.success());
    }
}

fn public_of(key: &Path) -> Vec<u8> {
    Process::new("ssh-keygen")
        .args(["-y", "-P", "", "-f"])
        .arg(key)
        .output()
        .unwrap()
        .stdout
}

#[test]
fn a_file_that_is_no_private_key_is_named_for_what_it_is() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["key", "ca"] {
        generate_key(directory.path(), name, "ed25519");
    }
    openssh::sign_key(directory.path(), "ca", "key", "somebody");
    let path = |name: &str| directory.path().join(name);
    for (name, text) in [
        ("empty", ""),
        ("notes", "remember the milk\n"),
        ("x509", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
        (
            "dsa",
            "-----BEGIN DSA PRIVATE KEY-----\nMIIB\n-----END DSA PRIVATE KEY-----\n",
        ),
        (
            "cut",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\n-----END OPENSSH PRIVATE KEY-----\n",
        ),
        (
            "idea",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: IDEA-CBC,00\n\nAAAA\n\
             -----END RSA PRIVATE KEY-----\n",
        ),
    ] {
        fs::write(path(name), text).unwrap();
        fs::set_permissions(path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    for name in ["key.pub", "key-cert.pub"] {
        fs::set_permissions(path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let error = |name: &str| {
        let settings = SshTransport::builder().user("x").agent(Agent::Off).identity(path(name));
        settings.build().unwrap_err().to_string()
    };
    for (name, wanted) in [
        ("empty", "it is empty"),
        ("notes", "holds no key in any format"),
        ("x509", "X.509 certificate"),
        ("dsa", "DSA key"),
        ("cut", "is not a private key file"),
        ("idea", "encrypted with IDEA-CBC"),
        ("key.pub", "it is a public key; name the file of the private one"),
        ("key-cert.pub", "it is a certificate; name the private key"),
        ("nowhere", "cannot read the key file"),
        (".", "cannot read the key file"),
    ] {
        let error = error(name);
        assert!(error.contains(wanted), "{name}: {error}");
    }
}
