//! What is spoken with a host: all that OpenSSH offers and the SSH library has, less what the configuration leaves out.

use std::fs;
use std::process::Command as Process;

use futures::future::join_all;
use pogo_core::scheduler::FailureKind;
use pogo_ssh::SshTransportBuilder;

use crate::attempt::{Report, TestAttempt};
use crate::client_config::{settings, visit};
use crate::openssh::{self, OpenSsh};

const KEX: &[&str] = &[
    "mlkem768x25519-sha256",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group14-sha256",
];

const CIPHERS: &[&str] = &[
    "chacha20-poly1305@openssh.com",
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
];

const MACS: &[&str] = &[
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha1-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
    "hmac-sha1",
];

/// Each with the kind of key that `ssh-keygen` makes for it.
const HOST_KEYS: &[(&str, &[&str])] = &[
    ("ssh-ed25519", &["ed25519"]),
    ("ecdsa-sha2-nistp256", &["ecdsa", "-b", "256"]),
    ("ecdsa-sha2-nistp384", &["ecdsa", "-b", "384"]),
    ("ecdsa-sha2-nistp521", &["ecdsa", "-b", "521"]),
    ("rsa-sha2-512", &["rsa", "-b", "2048"]),
    ("rsa-sha2-256", &["rsa", "-b", "2048"]),
];

/// What the installed OpenSSH has of these.
fn installed<'a>(what: &str, names: &[&'a str]) -> Vec<&'a str> {
    let output = Process::new("ssh").args(["-Q", what]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let has = |name: &&&str| text.lines().any(|line| line == **name);
    names.iter().filter(has).copied().collect()
}

/// A server with one more host key, in the file `host`, and the configuration to reach it as `web1`.
struct Host {
    server: OpenSsh,
    _keys: tempfile::TempDir,
}

impl Host {
    /// With these lines in the server's configuration.
    fn start(key: &[&str], lines: &str) -> Self {
        let keys = tempfile::tempdir().unwrap();
        make_key(keys.path(), "host", key);
        let lines = format!("HostKey {}/host\n{lines}", keys.path().display());
        let server = OpenSsh::start_with(&lines);
        for name in ["host", "host.pub"] {
            fs::copy(keys.path().join(name), server.path(name)).unwrap();
        }
        let known = |key: &str| format!("[127.0.0.1]:{} {}", server.port, server.public_key(key));
        fs::write(server.path("known_hosts"), known("host") + &known("host_ed25519")).unwrap();
        Self { server, _keys: keys }
    }

    /// The settings of somebody who has this in the configuration.
    fn settings(&self, lines: &str) -> SshTransportBuilder {
        let text = format!(
            "{lines}\nHost *\n HostName 127.0.0.1\n Port @PORT@\n IdentityFile @DIR@/client_ed25519\n \
             UserKnownHostsFile @DIR@/known_hosts\n"
        );
        settings(&self.server, &text)
    }

    async fn visit(&self, lines: &str) -> Report {
        visit(self.settings(lines), "web1").await
    }
}

fn make_key(directory: &std::path::Path, name: &str, kind: &[&str]) {
    let made = Process::new("ssh-keygen")
        .args(["-q", "-N", "", "-C", "made for a test", "-f"])
        .arg(directory.join(name))
        .arg("-t")
        .args(kind)
        .status();
    assert!(made.unwrap().success());
}

const ED25519: &[&str] = &["ed25519"];
const RSA: &[&str] = &["rsa", "-b", "2048"];

#[tokio::test]
async fn a_server_that_speaks_one_algorithm_only_is_reached() {
    if !openssh::is_there("a_server_that_speaks_one_algorithm_only_is_reached") {
        return;
    }
    let line = |keyword: &str, names: Vec<&str>, more: &str| -> Vec<(Vec<&str>, String)> {
        let lines = names
            .into_iter()
            .map(|name| (ED25519.to_vec(), format!("{keyword} {name}\n{more}")));
        lines.collect()
    };
    let keys = HOST_KEYS
        .iter()
        .map(|(name, kind)| (kind.to_vec(), format!("HostKeyAlgorithms {name}")));
    let all = [
        line("KexAlgorithms", installed("kex", KEX), ""),
        line("Ciphers", installed("cipher", CIPHERS), ""),
        line("MACs", installed("mac", MACS), "Ciphers aes128-ctr"),
        keys.collect(),
    ]
    .concat();
    assert!(all.len() > 20, "{all:?}");
    join_all(all.iter().map(|(key, lines)| async move {
        let report = Host::start(key, lines).visit("ConnectTimeout 60").await;
        assert_eq!(
            report.outcome,
            pogo_core::scheduler::Outcome::Succeeded,
            "{lines}: {report:?}"
        );
    }))
    .await;
}

/// As it is on Fedora, RHEL, Rocky and Alma.
const POLICY: &str = "\
Ciphers aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-ctr,aes128-gcm@openssh.com,aes128-ctr
MACs hmac-sha2-256-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-512-etm@openssh.com
GSSAPIKexAlgorithms gss-curve25519-sha256-,gss-nistp256-sha256-,gss-group14-sha256-
KexAlgorithms mlkem768x25519-sha256,curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256
PubkeyAcceptedAlgorithms ecdsa-sha2-nistp256,ssh-ed25519,rsa-sha2-256,rsa-sha2-512
HostKeyAlgorithms ecdsa-sha2-nistp256,ssh-ed25519,rsa-sha2-256,rsa-sha2-512
CASignatureAlgorithms ecdsa-sha2-nistp256,ssh-ed25519,rsa-sha2-256,rsa-sha2-512
RequiredRSASize 2048
";

const MATCH_FINAL: &str = "\
Match final all
\tInclude @DIR@/policy
\tGSSAPIAuthentication yes
\tForwardX11Trusted yes
";

#[tokio::test]
async fn crypto_policies_of_a_distribution_are_taken_and_obeyed() {
    if !openssh::is_there("crypto_policies_of_a_distribution_are_taken_and_obeyed") {
        return;
    }
    let reached = Host::start(ED25519, "");
    fs::write(reached.server.path("policy"), POLICY).unwrap();
    reached.visit(MATCH_FINAL).await.assert_succeeded();
    for line in [
        "Ciphers aes192-ctr",
        "KexAlgorithms diffie-hellman-group16-sha512",
        "MACs hmac-sha2-512\nCiphers aes128-ctr",
    ] {
        let host = Host::start(ED25519, line);
        fs::write(host.server.path("policy"), POLICY).unwrap();
        host.visit("").await.assert_succeeded();
        let message = host.visit(MATCH_FINAL).await.assert_failed(FailureKind::Unreachable);
        let offered = line.split([' ', '\n']).nth(1).unwrap();
        assert!(message.contains(&format!("it offers {offered}")), "{message}");
    }
}

#[tokio::test]
async fn a_list_that_leaves_nothing_is_refused_by_name() {
    if !openssh::is_there("a_list_that_leaves_nothing_is_refused_by_name") {
        return;
    }
    let host = Host::start(ED25519, "");
    for (line, spoken) in [
        ("Ciphers 3des-cbc", "aes256-gcm@openssh.com"),
        ("KexAlgorithms sntrup761x25519-sha512@openssh.com", "ecdh-sha2-nistp521"),
        ("MACs umac-64@openssh.com\nCiphers aes128-ctr", "hmac-sha2-256"),
        ("HostKeyAlgorithms ssh-dss", "rsa-sha2-512"),
        ("PubkeyAcceptedKeyTypes -*", "ssh-ed25519"),
    ] {
        let message = host.visit(line).await.assert_failed(FailureKind::Refused);
        let named = line.lines().next().unwrap().to_lowercase();
        assert!(message.contains(&format!("config:1: `{named}`")), "{message}");
        assert!(message.contains(spoken), "{message}");
    }
    // Ciphers that need no MAC do without; what is not spoken is left out.
    for line in [
        "MACs umac-64@openssh.com",
        "Ciphers 3des-cbc,aes128-ctr",
        "KexAlgorithms -diffie-hellman-*,curve*",
        "HostKeyAlgorithms ^ssh-ed25519",
        "CASignatureAlgorithms -*",
    ] {
        host.visit(line).await.assert_succeeded();
    }
}

#[tokio::test]
async fn a_host_key_that_signs_with_sha1_is_taken_only_where_it_is_asked_for() {
    if !openssh::is_there("a_host_key_that_signs_with_sha1_is_taken_only_where_it_is_asked_for") {
        return;
    }
    let host = Host::start(RSA, "HostKeyAlgorithms ssh-rsa");
    let message = host.visit("").await.assert_failed(FailureKind::HostKey);
    assert!(message.contains("`HostKeyAlgorithms +ssh-rsa`"), "{message}");
    let only = |name: &str| format!("Host {name}\n HostKeyAlgorithms +ssh-rsa\n");
    host.visit(&only("web1")).await.assert_succeeded();
    host.visit(&only("web2")).await.assert_failed(FailureKind::HostKey);
}

#[tokio::test]
async fn a_user_key_signs_with_sha1_only_where_it_is_asked_for() {
    if !openssh::is_there("a_user_key_signs_with_sha1_only_where_it_is_asked_for") {
        return;
    }
    let host = Host::start(ED25519, "PubkeyAcceptedAlgorithms ssh-rsa");
    make_key(host.server.directory.path(), "client_rsa", RSA);
    fs::write(
        host.server.path("authorized_keys"),
        host.server.public_key("client_rsa"),
    )
    .unwrap();
    let with = |line: &str| format!("{line}\nIdentityFile @DIR@/client_rsa\n");
    host.visit(&with("")).await.assert_failed(FailureKind::Authentication);
    // This server says that it takes SHA-2 as well; where it does, that comes before SHA-1.
    host.visit(&with("PubkeyAcceptedAlgorithms ssh-rsa"))
        .await
        .assert_succeeded();
}

#[tokio::test]
async fn keys_that_the_configuration_does_not_accept_are_not_offered() {
    if !openssh::is_there("keys_that_the_configuration_does_not_accept_are_not_offered") {
        return;
    }
    let host = Host::start(ED25519, "");
    let message = host
        .visit("PubkeyAcceptedAlgorithms rsa-sha2-*")
        .await
        .assert_failed(FailureKind::Authentication);
    assert!(
        message.contains("ssh-ed25519 is not among PubkeyAcceptedAlgorithms"),
        "{message}"
    );
    make_key(host.server.directory.path(), "client_rsa", RSA);
    fs::write(
        host.server.path("authorized_keys"),
        host.server.public_key("client_rsa"),
    )
    .unwrap();
    let with = |line: &str| format!("{line}\nIdentityFile @DIR@/client_rsa\n");
    host.visit(&with("PubkeyAcceptedAlgorithms rsa-sha2-256"))
        .await
        .assert_succeeded();
}

#[tokio::test]
async fn rsa_keys_shorter_than_required_are_refused() {
    if !openssh::is_there("rsa_keys_shorter_than_required_are_refused") {
        return;
    }
    let host = Host::start(RSA, "HostKeyAlgorithms rsa-sha2-512");
    host.visit("RequiredRSASize 2048").await.assert_succeeded();
    let message = host
        .visit("RequiredRSASize 3072")
        .await
        .assert_failed(FailureKind::HostKey);
    assert!(message.contains("2048 bits, and 3072 are required"), "{message}");
    let host = Host::start(ED25519, "");
    make_key(host.server.directory.path(), "client_rsa", RSA);
    fs::write(
        host.server.path("authorized_keys"),
        host.server.public_key("client_rsa"),
    )
    .unwrap();
    let with = |size: u32| format!("RequiredRSASize {size}\nIdentityFile @DIR@/client_rsa\n");
    host.visit(&with(2048)).await.assert_succeeded();
    let message = host.visit(&with(3072)).await.assert_failed(FailureKind::Authentication);
    assert!(message.contains("2048 bits, and 3072 are required"), "{message}");
}

/// A user certificate of an RSA authority, made with this algorithm; the user's key is of this kind.
async fn visit_with_certificate(test: &str, key: &[&str], signed: &str, lines: &str) -> Option<Report> {
    if !openssh::is_there(test) {
        return None;
    }
    let keys = tempfile::tempdir().unwrap();
    make_key(keys.path(), "ca", RSA);
    let authority = keys.path().join("ca.pub");
    let host = Host::start(
        ED25519,
        &format!(
            "TrustedUserCAKeys {}\nCASignatureAlgorithms +ssh-rsa",
            authority.display()
        ),
    );
    let user = String::from_utf8(Process::new("id").arg("-un").output().unwrap().stdout).unwrap();
    make_key(host.server.directory.path(), "certified", key);
    let made = Process::new("ssh-keygen")
        .args(["-q", "-t", signed, "-I", "test", "-n", user.trim(), "-s"])
        .arg(keys.path().join("ca"))
        .arg(host.server.path("certified.pub"))
        .status();
    assert!(made.unwrap().success());
    fs::write(host.server.path("authorized_keys"), "").unwrap();
    Some(host.visit(&format!("{lines}\nIdentityFile @DIR@/certified\n")).await)
}

#[tokio::test]
async fn user_certificates_are_offered_as_the_configuration_says_of_their_signatures() {
    let test = "user_certificates_are_offered_as_the_configuration_says_of_their_signatures";
    for (signed, lines, reached) in [
        ("rsa-sha2-512", "", true),
        ("rsa-sha2-512", "CASignatureAlgorithms ssh-ed25519", false),
        ("ssh-rsa", "", false),
        ("ssh-rsa", "CASignatureAlgorithms +ssh-rsa", true),
    ] {
        let Some(report) = visit_with_certificate(test, ED25519, signed, lines).await else {
            return;
        };
        match reached {
            true => report.assert_succeeded(),
            false => {
                let message = report.assert_failed(FailureKind::Authentication);
                assert!(message.contains("CASignatureAlgorithms"), "{message}");
            }
        }
    }
}

#[tokio::test]
async fn an_rsa_key_with_a_certificate_signs_with_sha2() {
    let test = "an_rsa_key_with_a_certificate_signs_with_sha2";
    for lines in ["", "PubkeyAcceptedAlgorithms rsa-sha2-256-cert-v01@openssh.com"] {
        if let Some(report) = visit_with_certificate(test, RSA, "rsa-sha2-512", lines).await {
            report.assert_succeeded();
        }
    }
}

#[tokio::test]
async fn what_is_left_out_is_noted_once() {
    if !openssh::is_there("what_is_left_out_is_noted_once") {
        return;
    }
    let host = Host::start(ED25519, "");
    let lines = "Tunnel yes\nCiphers +aes512-ctr,3des-cbc";
    let transport = host.settings(lines).build().unwrap();
    let visit = || {
        let command = pogo_core::plan::RemoteCommand::shell("true");
        TestAttempt::to("web1", pogo_core::fleet::Connection::default(), command).run(&transport)
    };
    let first = visit().await;
    first.assert_succeeded();
    for note in [
        "config:1: `tunnel yes` is left out",
        "config:2: `ciphers +aes512-ctr,3des-cbc`: aes512-ctr is not known",
    ] {
        assert!(first.notes.contains(note), "{}", first.notes);
    }
    assert_eq!(visit().await.notes, "");
}
