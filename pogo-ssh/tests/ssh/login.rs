//! Ways to log in, and what is said when none works.

use std::process::Command as Process;

use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::FailureKind;
use pogo_ssh::loopback::{Fault, LoopbackFleet};
use pogo_ssh::{Agent, Question, SetupError, SshTransport, SshTransportBuilder};
use secrecy::{ExposeSecret, SecretString};

use crate::attempt::{Report, TestAttempt};
use crate::openssh::{self, OpenSsh, generate_key};

pub(crate) async fn fleet() -> LoopbackFleet {
    LoopbackFleet::start(["web1"]).await.unwrap()
}

pub(crate) async fn log_in(fleet: &LoopbackFleet, settings: SshTransportBuilder) -> Report {
    let attempt = TestAttempt::to("web1", fleet.connection("web1").unwrap(), RemoteCommand::shell("true"));
    attempt.run(&settings.build().unwrap()).await
}

/// Settings that trust the fleet and have nothing to log in with.
pub(crate) fn bare(fleet: &LoopbackFleet) -> SshTransportBuilder {
    SshTransport::builder()
        .user("pogo")
        .agent(Agent::Off)
        .no_identities()
        .known_hosts([fleet.known_hosts_file()])
}

#[tokio::test]
async fn a_password_logs_in() {
    let fleet = fleet().await;
    log_in(&fleet, bare(&fleet).password(fleet.password()))
        .await
        .assert_succeeded();
}

#[tokio::test]
async fn a_password_has_its_try_after_any_number_of_wrong_keys() {
    let fleet = fleet().await;
    let mut settings = bare(&fleet).password(fleet.password()).auth_tries(3);
    for name in ["a", "b", "c", "d"] {
        generate_key(fleet.directory(), name, "ed25519");
        settings = settings.identity(fleet.directory().join(name));
    }
    log_in(&fleet, settings).await.assert_succeeded();
}

#[tokio::test]
async fn a_wrong_password_is_told_apart_from_no_password_and_never_shown() {
    let fleet = fleet().await;
    let secret = "correct horse battery staple";
    let settings = bare(&fleet).password(SecretString::from(secret));
    let shown = format!("{settings:?} {:?}", settings.clone().build().unwrap());
    let report = log_in(&fleet, settings).await;
    let message = report.assert_failed(FailureKind::Authentication);
    assert!(
        message.contains("tried password (refused); the host takes publickey, password"),
        "{message}"
    );
    for text in [message, shown, format!("{report:?}")] {
        assert!(!text.contains(secret), "{text}");
    }
    assert_ne!(fleet.password().expose_secret(), secret);
}

#[tokio::test]
async fn nothing_to_try_says_what_to_do() {
    let fleet = fleet().await;
    let message = log_in(&fleet, bare(&fleet))
        .await
        .assert_failed(FailureKind::Authentication);
    assert!(
        message.contains("name a key file, load a key into the agent"),
        "{message}"
    );
}

#[tokio::test]
async fn tries_are_bounded() {
    let fleet = fleet().await;
    let mut settings = bare(&fleet).auth_tries(2);
    for name in ["a", "b", "c", "d"] {
        generate_key(fleet.directory(), name, "ed25519");
        settings = settings.identity(fleet.directory().join(name));
    }
    let message = log_in(&fleet, settings)
        .await
        .assert_failed(FailureKind::Authentication);
    assert_eq!(message.matches("(refused)").count(), 2, "{message}");
}

#[tokio::test]
async fn a_host_may_name_its_own_key_file() {
    let fleet = fleet().await;
    let mut connection = fleet.connection("web1").unwrap();
    let file = fleet.identity_file().display().to_string();
    connection.vars.insert("identity".to_owned(), file);
    let attempt = TestAttempt::to("web1", connection.clone(), RemoteCommand::shell("true"));
    attempt.run(&bare(&fleet).build().unwrap()).await.assert_succeeded();
    connection.vars.insert("identity".to_owned(), "/no/such/key".to_owned());
    let attempt = TestAttempt::to("web1", connection, RemoteCommand::shell("true"));
    let report = attempt.run(&bare(&fleet).build().unwrap()).await;
    let message = report.assert_failed(FailureKind::Authentication);
    assert!(message.contains("cannot read the key file /no/such/key"), "{message}");
}

#[tokio::test]
async fn a_key_file_that_cannot_be_used_is_an_error_at_once() {
    let fleet = fleet().await;
    let missing = bare(&fleet).identity("/no/such/key").build().unwrap_err();
    assert!(matches!(missing, SetupError::KeyFile { .. }), "{missing}");
    let made = Process::new("ssh-keygen")
        .args(["-q", "-N", "passphrase", "-t", "ed25519", "-f"])
        .arg(fleet.directory().join("locked"))
        .status();
    assert!(made.unwrap().success());
    let locked = fleet.directory().join("locked");
    let error = bare(&fleet).identity(&locked).build().unwrap_err().to_string();
    assert!(
        error.contains("is encrypted, and nobody gave its passphrase; add its key to an ssh-agent"),
        "{error}"
    );
    let public = bare(&fleet)
        .identity(fleet.known_hosts_file())
        .build()
        .unwrap_err()
        .to_string();
    assert!(public.contains("is not a private key file"), "{public}");
    // With an agent its key may be there.
    let agent = bare(&fleet)
        .identity(&locked)
        .agent(Agent::Socket("/no/agent".into()))
        .build()
        .unwrap();
    assert!(agent.warnings().iter().any(|warning| warning.contains("encrypted")));
}

#[tokio::test]
async fn every_usual_type_of_key_logs_in_to_openssh() {
    if !openssh::is_there("every_usual_type_of_key_logs_in_to_openssh") {
        return;
    }
    let server = OpenSsh::start();
    for kind in ["rsa", "ecdsa", "ed25519"] {
        let name = format!("another_{kind}");
        generate_key(server.directory.path(), &name, kind);
        std::fs::write(server.path("authorized_keys"), server.public_key(&name)).unwrap();
        let settings = SshTransport::builder()
            .user(
                String::from_utf8(Process::new("id").arg("-un").output().unwrap().stdout)
                    .unwrap()
                    .trim(),
            )
            .agent(Agent::Off)
            .known_hosts([server.path("known_hosts")])
            .lock_directory(server.path("locks").display().to_string());
        let transport = settings.identity(server.path(&name)).build().unwrap();
        let attempt = TestAttempt::to("web1", server.connection(), RemoteCommand::shell("true"));
        attempt.run(&transport).await.assert_succeeded();
    }
}

#[tokio::test]
async fn a_password_answers_a_host_that_asks_for_it() {
    let fleet = fleet().await;
    fleet.inject("web1", Fault::AsksForPassword).unwrap();
    log_in(&fleet, fleet.transport().password(fleet.password()))
        .await
        .assert_succeeded();
    let wrong = bare(&fleet).password("wrong".into());
    let message = log_in(&fleet, wrong).await.assert_failed(FailureKind::Authentication);
    assert!(
        message.contains("answers to its questions (refused); the host takes keyboard-interactive"),
        "{message}"
    );
}

#[tokio::test]
async fn what_a_host_asks_reaches_whoever_answers() {
    let fleet = fleet().await;
    fleet.inject("web1", Fault::AsksForPassword).unwrap();
    let password = fleet.password();
    let settings = bare(&fleet).ask(move |question| match question {
        Question::Prompt {
            host, user, text, echo, ..
        } => {
            assert_eq!((host, user, text, echo), ("web1", "pogo", "Password: ", false));
            Some(password.clone())
        }
        _ => None,
    });
    log_in(&fleet, settings).await.assert_succeeded();
    let message = log_in(&fleet, bare(&fleet).ask(|_| None))
        .await
        .assert_failed(FailureKind::Authentication);
    assert!(message.contains("its questions (nobody answered)"), "{message}");
}

#[tokio::test]
async fn the_passphrase_of_a_key_file_is_asked_for_once() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let fleet = fleet().await;
    let locked = fleet.directory().join("locked");
    std::fs::copy(fleet.identity_file(), &locked).unwrap();
    let changed = Process::new("ssh-keygen")
        .args(["-q", "-p", "-N", "open sesame", "-f"])
        .arg(&locked)
        .output();
    assert!(changed.unwrap().status.success());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let settings = bare(&fleet).identity(&locked).ask(move |question| {
        count.fetch_add(1, Ordering::SeqCst);
        matches!(question, Question::Passphrase { .. }).then(|| "open sesame".into())
    });
    let transport = settings.build().unwrap();
    for _ in 0..2 {
        let attempt = TestAttempt::to("web1", fleet.connection("web1").unwrap(), RemoteCommand::shell("true"));
        attempt.run(&transport).await.assert_succeeded();
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_user_certificate_beside_its_key_logs_in_to_openssh() {
    if !openssh::is_there("a_user_certificate_beside_its_key_logs_in_to_openssh") {
        return;
    }
    let keys = tempfile::tempdir().unwrap();
    generate_key(keys.path(), "user_ca", "ed25519");
    let server = OpenSsh::start_with(&format!("TrustedUserCAKeys {}/user_ca.pub", keys.path().display()));
    std::fs::write(server.path("authorized_keys"), "").unwrap();
    let attempt = TestAttempt::to("web1", server.connection(), RemoteCommand::shell("true"));
    let report = attempt.clone().run(&server.transport().build().unwrap()).await;
    report.assert_failed(FailureKind::Authentication);
    let user = Process::new("id").arg("-un").output().unwrap();
    let signed = Process::new("ssh-keygen")
        .args(["-q", "-s", "user_ca", "-I", "test", "-n"])
        .arg(String::from_utf8(user.stdout).unwrap().trim())
        .arg(server.path("client_ed25519.pub"))
        .current_dir(keys.path())
        .status();
    assert!(signed.unwrap().success());
    attempt
        .run(&server.transport().build().unwrap())
        .await
        .assert_succeeded();
}
