//! Hosts that speak something else.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use pogo_core::fleet::Connection;
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::FailureKind;
use pogo_ssh::{Agent, SshTransport, SshTransportBuilder};

use crate::attempt::TestAttempt;
use crate::openssh::{self, OpenSsh};

/// A server that says this at once, or once it has heard something; then it waits for ever, or closes.
fn server(says: &'static [u8], at_once: bool, closes: bool) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for mut stream in listener.incoming().map_while(Result::ok) {
            if !at_once && stream.read(&mut [0; 64]).is_err() {
                continue;
            }
            let _ = stream.write_all(says);
            if !closes {
                kept.push(stream);
            }
        }
    });
    port
}

fn settings() -> SshTransportBuilder {
    let settings = SshTransport::builder().user("x").agent(Agent::Off).no_identities();
    settings
        .connect_timeout(Duration::from_secs(20))
        .host_keys(pogo_ssh::HostKeyPolicy::Insecure)
}

async fn message(settings: SshTransportBuilder, port: u16) -> String {
    let connection = Connection::new().address("127.0.0.1").port(port);
    let attempt = TestAttempt::to("web1", connection, RemoteCommand::shell("true"));
    let report = attempt.run(&settings.build().unwrap()).await;
    report.assert_failed(FailureKind::Unreachable)
}

const HTTP: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

#[tokio::test]
async fn a_host_that_speaks_no_ssh_is_named_as_such_and_not_waited_for() {
    // What was said, whether at once, whether it closes then, and what it is.
    for (says, at_once, closes, wanted) in [
        (HTTP, false, true, "it answers HTTP, not SSH"),
        (HTTP, false, false, "it answers HTTP, not SSH"),
        (
            b"220 mail.example.com ESMTP\r\n",
            true,
            false,
            "it answers SMTP, not SSH",
        ),
        (b"\x15\x03\x03\x00\x02\x02\x46", false, true, "it answers TLS, not SSH"),
        (
            b"SSH-1.5-OpenSSH_2.9\n",
            true,
            false,
            "it speaks SSH 1, which is not safe",
        ),
        (
            b"\x1b]0;owned\x07\xe2\x80\xaehello\r\n",
            true,
            true,
            r"`\u{1b}]0;owned\u{7}\u{202e}hello`, not SSH",
        ),
        (
            b"Exceeded MaxStartups\r\n",
            true,
            true,
            "`Exceeded MaxStartups`, not SSH",
        ),
    ] {
        let port = server(says, at_once, closes);
        let message = message(settings(), port).await;
        assert!(message.contains(wanted), "{message}");
        assert!(message.contains("127.0.0.1"), "{message}");
        if !wanted.contains("SSH 1") {
            assert!(message.contains(&format!("is {port} the right port?")), "{message}");
        }
        assert!(!message.chars().any(char::is_control), "{message:?}");
    }
}

#[tokio::test]
async fn the_same_is_told_of_a_host_behind_a_jump_host_and_of_the_jump_host() {
    if !openssh::is_there("the_same_is_told_of_a_host_behind_a_jump_host_and_of_the_jump_host") {
        return;
    }
    let jump = OpenSsh::start();
    let through = |port: u16| {
        let hop = format!("127.0.0.1:{port}").parse().unwrap();
        jump.transport().jump([hop])
    };
    let message_of = message(through(jump.port), server(HTTP, false, false)).await;
    assert!(message_of.contains("it answers HTTP, not SSH"), "{message_of}");
    let web = server(HTTP, false, false);
    let message_of = message(through(web), jump.port).await;
    assert!(
        message_of.contains("through 127.0.0.1:") && message_of.contains("it answers HTTP, not SSH"),
        "{message_of}"
    );
}

#[tokio::test]
async fn a_server_may_say_other_lines_first_and_may_wait_for_us() {
    if !openssh::is_there("a_server_may_say_other_lines_first_and_may_wait_for_us") {
        return;
    }
    let behind = OpenSsh::start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let target = behind.port;
    std::thread::spawn(move || {
        let (mut near, _) = listener.accept().unwrap();
        let far = std::net::TcpStream::connect(("127.0.0.1", target)).unwrap();
        let mut first = [0; 4];
        near.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"SSH-");
        near.write_all(b"Welcome\r\nto this host\r\n").unwrap();
        (&far).write_all(&first).unwrap();
        let (mut from, mut to) = (near.try_clone().unwrap(), far.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut from, &mut to));
        let _ = std::io::copy(&mut &far, &mut near);
    });
    let connection = Connection::new().address("127.0.0.1").port(port);
    std::fs::write(
        behind.path("known_hosts"),
        format!("[127.0.0.1]:{port} {}", behind.public_key("host_ed25519")),
    )
    .unwrap();
    let attempt = TestAttempt::to("web1", connection, RemoteCommand::shell("true"));
    attempt
        .run(&behind.transport().build().unwrap())
        .await
        .assert_succeeded();
}
