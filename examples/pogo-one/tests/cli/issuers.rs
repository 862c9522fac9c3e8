//! People who are known by signed tokens of an issuer that the file of settings names.

use std::fs;
use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::access::{Listens, SUBMIT};
use super::kept_store::Kept;
use super::program::Program;
use super::signer::Signer;

fn claims(name: &str, audience: &str) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    json!({
        "iss": "https://id.example.com",
        "aud": audience,
        "sub": "4711",
        "email": name,
        "roles": ["dba"],
        "exp": now + 600,
    })
}

#[test]
fn whoever_an_issuer_names_does_what_the_grants_say() {
    let kept = Kept::new("tag: {web: [web1]}\n", &["web1"]);
    assert_eq!(kept.run("@web", &["--", "true"]).code, 0);
    assert_eq!(kept.verb(&["serve", "stop"]).code, 0);
    let (signer, other) = (Signer::ec("k1"), Signer::ec("k1"));
    let keys = kept.file("jwks.json");
    fs::write(&keys, json!({ "keys": [signer.jwk()] }).to_string()).unwrap();
    let grants = kept.file("grants.yaml");
    fs::write(
        &grants,
        "grants:\n  - {who: 'sso:alice', may: [view, run]}\n  - {who: 'group:sso:dba', may: view}\n",
    )
    .unwrap();
    let config = kept.file("serve.yaml");
    let text = format!(
        "store: {}\nlisten: 127.0.0.1:0\ngrants: {}\njwt:\n  - issuer: https://id.example.com\n    audience: pogo\n    \
         keys: {}\n    label: sso\n    name: email\n    name_prefix: 'sso:'\n    groups: roles\n    group_prefix: \
         'sso:'\n    algorithms: ES256\n",
        kept.file("store").display(),
        grants.display(),
        keys.display()
    );
    fs::write(&config, text).unwrap();
    let mut command = kept.command(&["serve", "--config", config.to_str().unwrap()]);
    let server = Listens::of(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let alice = signer.sign(&claims("alice", "pogo"));
    let (status, said) = server.send(&alice, "POST", "/orders", SUBMIT);
    assert_eq!(status, 200, "{said}");
    let bob = signer.sign(&claims("bob", "pogo"));
    assert_eq!(server.send(&bob, "GET", "/jobs", "").0, 200);
    let (status, said) = server.send(&bob, "POST", "/orders", SUBMIT);
    assert!(status == 403 && said.contains("sso:bob"), "{said}");
    let elsewhere = signer.sign(&claims("alice", "wiki"));
    assert_eq!(server.send(&elsewhere, "GET", "/jobs", "").0, 401);
    let forged = other.sign(&claims("alice", "pogo"));
    assert_eq!(server.send(&forged, "GET", "/jobs", "").0, 401);
    // The token that was printed is still good.
    let jobs = server.send(&server.printed, "GET", "/jobs", "").1;
    assert!(jobs.contains("\"sso:alice\"") && jobs.contains("\"sso\""), "{jobs}");
}

#[test]
fn what_is_wrong_with_an_issuer_is_said_where_it_stands() {
    let issuer =
        |rest: &str| format!("listen: 127.0.0.1:0\njwt:\n  - {{issuer: https://id, audience: pogo, {rest}}}\n");
    for (text, said) in [
        (issuer("keys: 'http://id/jwks'"), &["serve.yaml:3:48", "https:"][..]),
        (issuer("keys: jwks.json"), &["serve.yaml:3:48", "relative"]),
        (
            issuer("keys: /nowhere/jwks.json"),
            &["serve.yaml:3:48", "/nowhere/jwks.json"],
        ),
        (
            issuer("keys: 'https://id/jwks', algorithms: HS256"),
            &["HS256", "RS256"],
        ),
        (issuer("name: email"), &["serve.yaml:3:5", "no `keys`"]),
        (
            issuer("keys: 'https://id/jwks', audence: a"),
            &["unknown key `audence`", "did you mean `audience`?"],
        ),
        ("jwt: yes\n".to_owned(), &["serve.yaml:1:6", "a list of issuers"]),
    ] {
        let program = Program::new();
        program.write("serve.yaml", &text);
        program
            .run(&["serve", "--config", "serve.yaml", "--check"])
            .assert_refused(said);
    }
}
