//! Web services that answer with hosts: well, badly, late or not at all.
#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod web_server;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::inventory::Inventory;
use pogo_core::testing::conformance::{self, InventoryFixture};
use pogo_inventory::table::{Format, Mapping};
use pogo_inventory::{HttpSource, InventoryError, Listing};
use web_server::{Reply, Server, reply};

const TEN: &str = r#"["web[1-10]"]"#;

fn source(server: &Server) -> HttpSource {
    at(&server.address)
}

fn at(address: &str) -> HttpSource {
    HttpSource::new(format!("{address}/hosts"), Mapping::default()).retries(0, Duration::from_millis(1))
}

fn ok(body: &str) -> Reply {
    reply("200 OK", &[], body)
}

/// The error's text, with a fixed address.
fn error(source: &HttpSource, server: &Server) -> String {
    let found = source.read().unwrap_err().to_string();
    found.replace(&server.address, "http://server")
}

fn warnings(hosts: &Listing, server: &str) -> Vec<String> {
    let text = |warning: &pogo_inventory::Diagnostic| warning.to_string().replace(server, "http://server");
    hosts.warnings.iter().map(text).collect()
}

/// A copy that was made long ago.
fn old_copy(path: &Path, address: &str, etag: &str, hosts: &str) {
    let good = Server::new(vec![reply("200 OK", &[etag], hosts)]);
    at(&good.address).copy(path).read().unwrap();
    let mut copy: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let fetched = copy["fetched"].as_u64().unwrap() - 2 * 3_600_000;
    copy["fetched"] = fetched.into();
    copy["fresh_until"] = fetched.into();
    // FNV-1a, as the source computes it.
    let url = format!("{address}/hosts");
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    copy["address"] = format!("{:016x}", url.bytes().fold(0xcbf2_9ce4_8422_2325, step)).into();
    fs::write(path, copy.to_string()).unwrap();
}

#[test]
fn what_a_service_answers_becomes_a_fleet() {
    let server = Server::new(vec![ok(r#"[{"name": "web[1-3]", "tags": ["web"]}]"#)]);
    let hosts = source(&server).read().unwrap();
    assert_eq!((hosts.fleet.len(), hosts.warnings), (3, vec![]));
    let server = Server::new(vec![ok("\"a\"\n\"b\"\n")]);
    let lines = source(&server).format(Format::JsonLines);
    assert_eq!(futures::executor::block_on(lines.load()).unwrap().fleet.len(), 2);
}

#[test]
fn secrets_go_into_headers_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, "Bearer hunter2\n").unwrap();
    let server = Server::new(vec![reply("403 Forbidden", &[], "hunter2")]);
    let source = HttpSource::new(format!("{}/hosts?key=hunter2", server.address), Mapping::default())
        .header("X-Token", "hunter2".into())
        .header_from_file("Authorization", &secret);
    let found = error(&source, &server);
    assert_eq!(
        found,
        "http://server/hosts: answers 403 Forbidden\n |\n = help: check the header with the secret"
    );
    assert!(!format!("{source:?}{}", source.name()).contains("hunter2"));
    let request = server.requests().remove(0).to_lowercase();
    assert!(request.starts_with("get /hosts?key=hunter2 "), "{request}");
    assert!(request.contains("x-token: hunter2\r\n"), "{request}");
    assert!(request.contains("authorization: bearer hunter2\r\n"), "{request}");
}

#[test]
fn a_redirect_is_followed_on_the_same_server_only() {
    let server = Server::new(vec![reply("302 Found", &["Location: /elsewhere"], ""), ok(TEN)]);
    assert_eq!(source(&server).read().unwrap().fleet.len(), 10);
    assert!(server.requests()[1].starts_with("GET /elsewhere "));
    let thief = Server::new(vec![]);
    let to = format!("Location: {}/?token=x", thief.address);
    let server = Server::new(vec![reply("302 Found", &[&to], "")]);
    let found = error(&source(&server).header("X-Token", "hunter2".into()), &server);
    let expected = format!(
        "answers 302 Found and points to {}/, which is not followed",
        thief.address
    );
    assert!(found.contains(&expected), "{found}");
    assert!(thief.requests().is_empty());
    let circle = || reply("302 Found", &["Location: /hosts"], "");
    let server = Server::new((0..6).map(|_| circle()).collect());
    assert!(error(&source(&server), &server).contains("which is not followed"));
}

#[test]
fn a_service_that_is_down_is_asked_again() {
    let broken = || reply("500 Internal Server Error", &[], "sorry");
    let server = Server::new(vec![broken(), reply("429 Too Many Requests", &[], ""), ok(TEN)]);
    let patient = source(&server).retries(2, Duration::from_millis(1));
    assert_eq!(patient.read().unwrap().fleet.len(), 10);
    let server = Server::new(vec![broken(), broken()]);
    let found = error(&source(&server).retries(1, Duration::from_millis(1)), &server);
    assert_eq!(found, "http://server/hosts: answers 500 Internal Server Error");
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_service_that_refuses_is_not_asked_again() {
    for (status, hint) in [
        ("401 Unauthorized", "check the header with the secret"),
        ("404 Not Found", "check the address"),
    ] {
        let server = Server::new(vec![reply(status, &[], "")]);
        let found = error(&source(&server).retries(5, Duration::from_millis(1)), &server);
        assert!(found.contains(status) && found.contains(hint), "{found}");
        assert_eq!(server.requests().len(), 1);
    }
    let server = Server::new(vec![reply("204 No Content", &[], "")]);
    assert_eq!(
        error(&source(&server), &server),
        "http://server/hosts: answers 204 No Content"
    );
}

#[test]
fn a_service_that_never_answers_is_given_up() {
    let server = Server::new(vec![Reply::Hang]);
    let found = error(&source(&server).timeout(Duration::from_millis(50)), &server);
    assert_eq!(found, "http://server/hosts: did not answer within 50ms");
    let begun = Reply::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[".to_vec());
    let server = Server::new(vec![begun]);
    let found = error(&source(&server), &server);
    assert!(found.starts_with("http://server/hosts: was cut off: "), "{found}");
}

#[test]
fn an_answer_without_end_is_refused() {
    let length = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".to_owned();
    let endless = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_owned();
    for head in [length, endless] {
        let server = Server::new(vec![Reply::Flood(head)]);
        let found = source(&server).timeout(Duration::from_secs(60)).read().unwrap_err();
        assert!(matches!(found, InventoryError::Invalid(_)));
        assert!(found.to_string().ends_with("answers with more than 64 MiB"), "{found}");
    }
}

#[test]
fn nonsense_is_shown_where_it_stands_and_no_copy_hides_it() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    let server = Server::new(vec![ok(TEN), ok("<html>"), reply("200 OK", &[], "\u{fffd}")]);
    let source = source(&server).copy(&copy);
    source.read().unwrap();
    assert!(error(&source, &server).starts_with("http://server/hosts:1:1: broken JSON: "));
    let server = Server::new(vec![Reply::Bytes(
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\xff".to_vec(),
    )]);
    let found = error(&at(&server.address), &server);
    assert_eq!(found, "http://server/hosts: answers with bytes that are not UTF-8 text");
}

#[test]
fn what_did_not_change_is_not_sent_again() {
    let stamps = ["ETag: \"v1\"", "Last-Modified: Mon, 02 Nov 2026 10:00:00 GMT"];
    let server = Server::new(vec![
        reply("200 OK", &stamps, TEN),
        reply("304 Not Modified", &[], ""),
        reply("304 Not Modified", &["Cache-Control: max-age=3600"], ""),
    ]);
    let source = source(&server);
    for _ in 0..4 {
        let hosts = source.read().unwrap();
        assert_eq!((hosts.fleet.len(), hosts.warnings), (10, vec![]));
    }
    let requests: Vec<String> = server.requests().iter().map(|request| request.to_lowercase()).collect();
    assert_eq!(requests.len(), 3, "what is fresh is not asked for at all");
    assert!(!requests[0].contains("if-none-match"));
    for request in &requests[1..] {
        assert!(request.contains("if-none-match: \"v1\"\r\n"), "{request}");
        assert!(
            request.contains("if-modified-since: mon, 02 nov 2026 10:00:00 gmt\r\n"),
            "{request}"
        );
    }
}

#[test]
fn an_answer_that_nothing_changed_needs_a_question() {
    let server = Server::new(vec![reply("304 Not Modified", &[], "")]);
    assert!(error(&source(&server), &server).contains("answers 304 Not Modified"));
}

#[test]
fn the_last_good_copy_is_used_with_a_warning_and_its_age() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.json");
    let server = Server::new(vec![reply("503 Service Unavailable", &[], "")]);
    old_copy(&path, &server.address, "ETag: \"v1\"", TEN);
    let hosts = source(&server).copy(&path).read().unwrap();
    assert_eq!(hosts.fleet.len(), 10);
    let said = "http://server/hosts: answers 503 Service Unavailable; the last good copy is used, which is 2h old";
    // A minute may pass while the test runs.
    assert!(
        warnings(&hosts, &server.address)[0].starts_with(said.trim_end_matches(" old")),
        "{:?}",
        hosts.warnings
    );
    let request = server.requests().remove(0).to_lowercase();
    assert!(
        request.contains("if-none-match: \"v1\"\r\n"),
        "a copy on disk is asked about too"
    );
}

#[test]
fn the_copy_helps_whenever_the_service_is_gone_with_a_warning() {
    let server = Server::new(vec![ok(TEN)]);
    let address = server.address.clone();
    let source = source(&server);
    let load = || futures::executor::block_on(source.load()).unwrap();
    let fresh = load();
    assert_eq!((fresh.fleet.len(), fresh.warnings.len()), (10, 0));
    server.requests();
    let Listing { fleet, warnings, .. } = load();
    assert_eq!(fleet.len(), 10);
    assert!(
        warnings.len() == 1 && warnings[0].message.contains("cannot be reached: "),
        "{warnings:?}"
    );
    let error = at(&address).read().unwrap_err();
    assert!(
        matches!(error, InventoryError::Unavailable(_)),
        "without a copy it is an error"
    );
}

#[test]
fn a_copy_may_be_too_old() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.json");
    let server = Server::new(vec![reply("500 Oops", &[], "")]);
    old_copy(&path, &server.address, "", TEN);
    let source = source(&server).copy(&path).max_copy_age(Duration::from_secs(3_600));
    let found = error(&source, &server);
    assert!(
        found.contains("the last good copy is 2h") && found.ends_with("old, and may be 1h at most"),
        "{found}"
    );
}

#[test]
fn a_copy_that_is_unusable_is_said_to_be_and_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.json");
    let checks = [
        ("{", "is no copy of an answer: "),
        (r#"{"pogo_copy": 7}"#, "is a copy in the form 7, but only 1 is known"),
        (
            r#"{"pogo_copy":1,"source":"http://other/","address":"0","fetched":0,"fresh_until":0,"body":"[]"}"#,
            "is a copy of another address, http://other/",
        ),
    ];
    for (text, expected) in checks {
        fs::write(&path, text).unwrap();
        let server = Server::new(vec![ok(TEN)]);
        let hosts = source(&server).copy(&path).read().unwrap();
        assert!(hosts.warnings[0].message.starts_with(expected), "{:?}", hosts.warnings);
        let kept: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(kept["body"], TEN);
    }
}

#[test]
fn a_copy_is_not_kept_where_the_service_forbids_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.json");
    let server = Server::new(vec![reply("200 OK", &["Cache-Control: no-store"], TEN)]);
    let hosts = source(&server).copy(&path).read().unwrap();
    assert!(warnings(&hosts, &server.address)[0].contains("`Cache-Control: no-store`"));
    assert!(!path.exists());
}

#[test]
fn a_copy_that_cannot_be_written_is_no_reason_to_fail() {
    let server = Server::new(vec![ok(TEN)]);
    let hosts = source(&server).copy("/no/such/folder/copy.json").read().unwrap();
    assert!(hosts.warnings[0].message.starts_with("the copy cannot be written: "));
}

#[test]
fn a_fleet_that_shrinks_too_much_is_refused_until_it_is_allowed() {
    let few = r#"["web[1-7]"]"#;
    let server = Server::new(vec![ok(TEN), ok(few), ok(few), ok(few)]);
    let source = source(&server);
    source.read().unwrap();
    for _ in 0..2 {
        let found = error(&source, &server);
        let expected = "http://server/hosts: 3 of 10 hosts are missing since it was last read (web[8-10]), but at most \
            20 % may go at once";
        assert!(found.starts_with(expected), "{found}");
    }
    assert_eq!(source.max_shrink(30).read().unwrap().fleet.len(), 7);
}

#[test]
fn mistakes_of_the_caller_are_named() {
    let read = |url: &str| HttpSource::new(url, Mapping::default()).read().unwrap_err().to_string();
    assert!(read("ftp://a/b").starts_with("ftp://a/b: `ftp:` is not supported"));
    assert!(read("hosts?token=hunter2").starts_with("an address that cannot be read: relative URL without a base"));
    let header = at("http://127.0.0.1:1").header("a b", "c".into()).read().unwrap_err();
    assert!(header.to_string().contains("`a b` is not the name of a header"));
    let value = at("http://127.0.0.1:1")
        .header("a", "hunter2\n".into())
        .read()
        .unwrap_err();
    let value = value.to_string();
    assert!(
        value.contains("characters that a header cannot have") && !value.contains("hunter2"),
        "{value}"
    );
    let gone = at("http://127.0.0.1:1")
        .header_from_file("a", "/no/such/secret")
        .read()
        .unwrap_err();
    assert!(gone.to_string().starts_with("/no/such/secret: no such file"));
}

#[test]
fn the_contract_of_an_inventory_is_kept() {
    let always = |body: &str| Server::new((0..100).map(|_| ok(body)).collect());
    let source = |address: &str| -> Arc<dyn Inventory> { Arc::new(at(address).header("X-Token", "hunter2".into())) };
    let report = futures::executor::block_on(conformance::inventory(async || {
        InventoryFixture::new(source(&always(TEN).address))
            .hosts((1..=10).map(|number| format!("web{number}")))
            .unavailable(source("http://127.0.0.1:1"))
            .invalid(source(&always("[").address))
            .secret("hunter2")
    }));
    report.assert_passed();
    report.assert_skipped(&["a_change_is_seen_by_the_next_load"]);
}
