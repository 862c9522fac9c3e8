//! A port that is served with a certificate.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::access::Listens;
use super::kept_store::Kept;
use super::program::{Done, Program};

/// Writes a certificate that is its own issuer, and its key.
fn issue(certificate: &Path, key: &Path) {
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    for (path, text) in [
        (key, issued.signing_key.serialize_pem()),
        (certificate, issued.cert.pem()),
    ] {
        let new = path.with_extension("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, path).unwrap();
    }
}

/// What a client that trusts this issuer is answered.
fn ask(issuer: &Path, address: &str, token: &str) -> Done {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--noproxy", "*", "--fail", "--cacert"])
        .arg(issuer);
    let header = format!("Authorization: Bearer {token}");
    let output = curl
        .args(["--header", &header])
        .arg(format!("https://{address}/v1"))
        .output();
    Done::of(output.unwrap())
}

#[test]
fn a_port_is_served_with_a_certificate_that_is_renewed() {
    let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
    assert_eq!(kept.run("@web", &["--", "true"]).code, 0);
    assert_eq!(kept.verb(&["serve", "stop"]).code, 0);
    let (certificate, key) = (kept.file("server.pem"), kept.file("server.key"));
    issue(&certificate, &key);
    let files = [
        "--tls-cert",
        certificate.to_str().unwrap(),
        "--tls-key",
        key.to_str().unwrap(),
    ];
    let server = Listens::start(&kept, &files);
    assert!(server.page.starts_with("https://127.0.0.1:"), "{}", server.page);
    let answer = ask(&certificate, &server.address, &server.printed);
    assert!(
        answer.code == 0 && answer.out.contains("\"server\":\"pogo"),
        "{}{}",
        answer.out,
        answer.err
    );
    assert_ne!(ask(&certificate, &server.address, "guessed").code, 0);
    let before = kept.file("before.pem");
    fs::copy(&certificate, &before).unwrap();
    issue(&certificate, &key);
    assert_ne!(ask(&before, &server.address, &server.printed).code, 0);
    assert_eq!(ask(&certificate, &server.address, &server.printed).code, 0);
}

#[test]
fn verbs_ask_a_server_whose_issuer_they_trust() {
    let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
    assert_eq!(kept.run("@web", &["--", "echo hello"]).code, 0);
    assert_eq!(kept.verb(&["serve", "stop"]).code, 0);
    let (certificate, key) = (kept.file("server.pem"), kept.file("server.key"));
    issue(&certificate, &key);
    let files = [
        "--tls-cert",
        certificate.to_str().unwrap(),
        "--tls-key",
        key.to_str().unwrap(),
    ];
    let server = Listens::start(&kept, &files);
    let jobs = || {
        let mut command = kept.command(&["jobs", "--server", &format!("https://{}", server.address)]);
        command.env_remove("POGO_STORE").env("POGO_TOKEN", &server.printed);
        command
    };
    let trusting = Done::of(jobs().env("POGO_SERVER_CA", &certificate).output().unwrap());
    assert!(
        trusting.code == 0 && trusting.out.contains("echo hello"),
        "{}{}",
        trusting.out,
        trusting.err
    );
    let others = Done::of(jobs().output().unwrap());
    assert!(
        others.code == 69 && others.err.contains("certificate"),
        "{}",
        others.err
    );
}

#[test]
fn a_certificate_is_refused_that_cannot_be_served_before_anything_is() {
    let program = Program::new();
    let at = |name: &str| program.directory.path().join(name);
    issue(&at("server.pem"), &at("server.key"));
    issue(&at("other.pem"), &at("other.key"));
    let serve = |certificate: &str, key: &str, address: &str| {
        let text = format!(
            "store: {}\nlisten: {address}\ntls: {{certificate: {}, key: {}}}\n",
            at("kept").display(),
            at(certificate).display(),
            at(key).display()
        );
        program.write("serve.yaml", &text);
        program.run(&["serve", "--config", "serve.yaml", "--check"])
    };
    serve("server.pem", "other.key", "127.0.0.1:0").assert_refused(&["other.key", "of no use with the certificate"]);
    serve("server.pem", "none.key", "127.0.0.1:0").assert_refused(&["none.key", "No such file"]);
    let done = serve("server.pem", "server.key", "0.0.0.0:7646");
    assert!(
        done.code == 0 && done.out.contains("on 0.0.0.0:7646, by TLS, "),
        "{}{}",
        done.out,
        done.err
    );
    for (text, said) in [
        (
            "tls: {certificate: /etc/pogo/server.pem}\n",
            &["serve.yaml:1:6", "with its key"][..],
        ),
        (
            "tls: {certificate: server.pem, key: /k}\n",
            &["serve.yaml:1:20", "relative"],
        ),
        ("tls: {cert: /c}\n", &["unknown key `cert`"]),
    ] {
        program.write("serve.yaml", text);
        program
            .run(&["serve", "--config", "serve.yaml", "--check"])
            .assert_refused(said);
    }
    let (certificate, key) = (at("server.pem"), at("server.key"));
    let typed = [
        "--tls-cert",
        certificate.to_str().unwrap(),
        "--tls-key",
        key.to_str().unwrap(),
    ];
    let no_port = program.run(&[&["serve", "--store", "kept"], &typed[..]].concat());
    no_port.assert_refused(&["for a port", "--listen"]);
    assert_eq!(program.run(&["serve", "--tls-cert", "server.pem"]).code, 64);
    assert!(!at("kept").exists());
}

#[test]
fn whoever_listens_everywhere_by_tls_is_named_as_the_machine() {
    let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
    let (certificate, key) = (kept.file("server.pem"), kept.file("server.key"));
    issue(&certificate, &key);
    let config = kept.file("serve.yaml");
    let text = format!(
        "store: {}\nlisten: 0.0.0.0:0\ntls: {{certificate: {}, key: {}}}\n",
        kept.file("store").display(),
        certificate.display(),
        key.display()
    );
    fs::write(&config, text).unwrap();
    let mut command = kept.command(&["serve", "--config", config.to_str().unwrap()]);
    let server = Listens::of(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let name = rustix::system::uname();
    let name = name.nodename().to_string_lossy().into_owned();
    let port = server.address.rsplit(':').next().unwrap();
    assert_eq!(server.page, format!("https://{name}:{port}/page/"));
    assert_eq!(ask(&certificate, &format!("127.0.0.1:{port}"), &server.printed).code, 0);
}
