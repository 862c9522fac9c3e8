//! Agents that are not well, and what only an agent holds.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::process::Command as Process;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::{FailureKind, Outcome};
use pogo_ssh::{Agent, SshTransportBuilder};

use crate::agent::RealAgent;
use crate::attempt::{Report, TestAttempt};
use crate::login::{bare, fleet, log_in};
use crate::openssh::{self, OpenSsh, generate_key, sign_key};

async fn run(server: &OpenSsh, settings: SshTransportBuilder) -> Report {
    let attempt = TestAttempt::to("web1", server.connection(), RemoteCommand::shell("true"));
    attempt.run(&settings.build().unwrap()).await
}

fn user() -> String {
    let output = Process::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A server that takes certificates of an authority only, and an agent that holds a key with its certificate; the files
/// of both are gone.
fn certified(kind: &str) -> Option<(OpenSsh, RealAgent, tempfile::TempDir)> {
    if !openssh::is_there("a test of certificates in an agent") {
        return None;
    }
    let agent = RealAgent::start()?;
    let keys = tempfile::tempdir().unwrap();
    generate_key(keys.path(), "ca", "ed25519");
    generate_key(keys.path(), "user", kind);
    sign_key(keys.path(), "ca", "user", &user());
    agent.add(&keys.path().join("user"));
    let server = OpenSsh::start_with(&format!("TrustedUserCAKeys {}/ca.pub", keys.path().display()));
    fs::write(server.path("authorized_keys"), "").unwrap();
    for name in ["user", "user-cert.pub"] {
        fs::rename(keys.path().join(name), keys.path().join(format!("{name}.gone"))).unwrap();
    }
    Some((server, agent, keys))
}

#[tokio::test]
async fn a_certificate_that_only_the_agent_holds_logs_in() {
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let Some((server, agent, _keys)) = certified(kind) else {
            return;
        };
        let settings = || server.transport().no_identities().agent(Agent::Socket(agent.socket()));
        run(&server, settings()).await.assert_succeeded();
        // Who names a key, and wants no other, does not get the certificate for it.
        let only = settings().identities_only(true).identity(server.path("client_ed25519"));
        run(&server, only).await.assert_failed(FailureKind::Authentication);
    }
}

#[tokio::test]
async fn a_certificate_in_a_file_is_signed_for_by_the_agent_that_holds_its_key() {
    let Some((server, agent, keys)) = certified("ed25519") else {
        return;
    };
    let path = |name: &str| keys.path().join(name);
    let listed = Process::new("ssh-add")
        .arg("-D")
        .env("SSH_AUTH_SOCK", agent.socket())
        .output();
    assert!(listed.unwrap().status.success());
    agent.add(&path("user.gone"));
    let settings = || server.transport().no_identities().agent(Agent::Socket(agent.socket()));
    run(&server, settings())
        .await
        .assert_failed(FailureKind::Authentication);
    // The certificate lies beside a private key that is not there.
    fs::rename(path("user-cert.pub.gone"), path("user-cert.pub")).unwrap();
    run(&server, settings().identity(path("user"))).await.assert_succeeded();
}

#[tokio::test]
async fn a_certificate_in_the_agent_logs_in_to_a_jump_host_and_behind_it() {
    let Some((server, agent, _keys)) = certified("ed25519") else {
        return;
    };
    let jump = format!("127.0.0.1:{}", server.port).parse().unwrap();
    let settings = server.transport().no_identities().jump([jump]);
    run(&server, settings.agent(Agent::Socket(agent.socket())))
        .await
        .assert_succeeded();
    server.assert_logins(2);
}

#[tokio::test]
async fn a_locked_agent_is_told_from_a_missing_one_and_a_key_file_serves_without_it() {
    let (fleet, Some(agent)) = (fleet().await, RealAgent::start()) else {
        return;
    };
    agent.add(&fleet.identity_file());
    agent.lock();
    let settings = || bare(&fleet).agent(Agent::Socket(agent.socket()));
    let message = log_in(&fleet, settings())
        .await
        .assert_failed(FailureKind::Authentication);
    assert!(message.contains("holds none, or is locked"), "{message}");
    log_in(&fleet, settings().identity(fleet.identity_file()))
        .await
        .assert_succeeded();
    let nowhere = bare(&fleet).agent(Agent::Socket("/no/agent".into()));
    let message = log_in(&fleet, nowhere).await.assert_failed(FailureKind::Authentication);
    assert!(message.contains("agent (cannot be asked: "), "{message}");
}

#[tokio::test]
async fn an_agent_that_hangs_is_given_up_once_and_a_key_file_serves_without_it() {
    let fleet = fleet().await;
    let attempt = TestAttempt::to("web1", fleet.connection("web1").unwrap(), RemoteCommand::shell("true"));
    // A machine that is too busy for so short a connect timeout says nothing of the agent; one that waited for it would
    // always be late.
    for number in 0..10 {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("agent");
        let listener = UnixListener::bind(&socket).unwrap();
        let met = Arc::new(AtomicUsize::new(0));
        let meeting = Arc::clone(&met);
        std::thread::spawn(move || {
            // Takes connections, and never says a word.
            let taken = listener.incoming().map_while(Result::ok);
            taken
                .inspect(|_| _ = meeting.fetch_add(1, Ordering::SeqCst))
                .collect::<Vec<_>>()
        });
        let settings = fleet.transport().agent(Agent::Socket(socket));
        // Less than what the agent is given: its time is not the host's.
        let transport = settings.connect_timeout(Duration::from_secs(4)).build().unwrap();
        let mut late = false;
        for _ in 0..5 {
            let report = attempt.clone().run(&transport).await;
            late |= matches!(&report.outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Unreachable);
            if !late || number == 9 {
                report.assert_succeeded();
            }
        }
        if !late {
            assert_eq!(met.load(Ordering::SeqCst), 1);
            return;
        }
    }
}

#[tokio::test]
async fn an_agent_that_answers_nonsense_is_of_no_use_and_does_no_harm() {
    let fleet = fleet().await;
    for (answer, wanted) in [
        (
            &b"\x00\x00\x00\x05\x0c\xff\xff\xff\xff"[..],
            "answers what no ssh-agent would",
        ),
        (b"\xff\xff\xff\xff", "answers what no ssh-agent would"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "answers what no ssh-agent would"),
        (b"\x00\x00\x00\x01\x05", "shows no keys"),
        (b"\x00\x00", "cannot be asked"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let answers = directory.path().join("answer");
        fs::write(&answers, answer).unwrap();
        let socket = directory.path().join("agent");
        let listener = UnixListener::bind(&socket).unwrap();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let mut head = [0; 4];
                // The binding of the session, then the list: each gets the same answer.
                while stream.read_exact(&mut head).is_ok() {
                    let mut body = vec![0; u32::from_be_bytes(head) as usize];
                    if stream.read_exact(&mut body).is_err() {
                        break;
                    }
                    let is_list = body == [11];
                    let reply: &[u8] = if is_list { answer } else { b"\x00\x00\x00\x01\x05" };
                    if stream.write_all(reply).is_err() || is_list {
                        break;
                    }
                }
            }
        });
        let message = log_in(&fleet, bare(&fleet).agent(Agent::Socket(socket.clone())))
            .await
            .assert_failed(FailureKind::Authentication);
        assert!(message.contains(wanted), "{answer:?}: {message}");
        log_in(&fleet, fleet.transport().agent(Agent::Socket(socket)))
            .await
            .assert_succeeded();
    }
}

#[tokio::test]
async fn a_key_of_an_unknown_type_does_not_hide_the_others_of_an_agent() {
    let (fleet, Some(agent)) = (fleet().await, RealAgent::start()) else {
        return;
    };
    agent.add(&fleet.identity_file());
    // Between the real agent and us stands one that lists a key of a type to come, and a broken certificate.
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("between");
    let listener = UnixListener::bind(&socket).unwrap();
    let real = agent.socket();
    std::thread::spawn(move || {
        for mut near in listener.incoming().map_while(Result::ok) {
            let mut far = std::os::unix::net::UnixStream::connect(&real).unwrap();
            while let Some(request) = frame(&mut near) {
                far.write_all(&framed(&request)).unwrap();
                let mut answer = frame(&mut far).unwrap();
                if request == [11] {
                    let count = u32::from_be_bytes(answer[1..5].try_into().unwrap()) + 2;
                    let rest = answer.split_off(5);
                    answer = [&[12], &count.to_be_bytes()[..]].concat();
                    for algorithm in ["ssh-of-the-future", "ssh-ed25519-cert-v01@openssh.com"] {
                        let blob = [framed(algorithm.as_bytes()), framed(b"?")].concat();
                        answer.extend([framed(&blob), framed(b"\xff\xfe")].concat());
                    }
                    answer.extend(rest);
                }
                near.write_all(&framed(&answer)).unwrap();
            }
        }
    });
    let settings = bare(&fleet).agent(Agent::Socket(socket));
    log_in(&fleet, settings).await.assert_succeeded();
}

fn framed(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

fn frame(stream: &mut impl Read) -> Option<Vec<u8>> {
    let mut head = [0; 4];
    stream.read_exact(&mut head).ok()?;
    let mut body = vec![0; u32::from_be_bytes(head) as usize];
    stream.read_exact(&mut body).ok()?;
    Some(body)
}

#[tokio::test]
async fn a_key_that_the_agent_keeps_for_certain_hosts_is_used_for_them() {
    let test = "a_key_that_the_agent_keeps_for_certain_hosts_is_used_for_them";
    if !openssh::is_there(test) {
        return;
    }
    let Some(agent) = RealAgent::start() else { return };
    let server = OpenSsh::start();
    let added = Process::new("ssh-add")
        .args(["-q", "-h"])
        .arg(server.listed())
        .arg("-H")
        .arg(server.path("known_hosts"))
        .arg(server.path("client_ed25519"))
        .env("SSH_AUTH_SOCK", agent.socket())
        .output()
        .unwrap();
    if !added.status.success() {
        eprintln!("LEFT OUT: {test}: {}", String::from_utf8_lossy(&added.stderr));
        return;
    }
    let settings = server.transport().no_identities().agent(Agent::Socket(agent.socket()));
    run(&server, settings).await.assert_succeeded();
}
