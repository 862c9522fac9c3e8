//! Services that answer with a part of the fleet, or with less and less of it.
#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod web_server;

use std::fs;
use std::time::{Duration, SystemTime};

use pogo_inventory::table::{Format, Mapping};
use pogo_inventory::{HttpSource, InventoryError};
use web_server::{Reply, Server, reply};

fn at(address: &str) -> HttpSource {
    HttpSource::new(format!("{address}/hosts"), Mapping::default()).retries(0, Duration::from_millis(1))
}

fn ok(body: &str) -> Reply {
    reply("200 OK", &[], body)
}

fn refusal(source: &HttpSource) -> String {
    match source.read().unwrap_err() {
        InventoryError::Invalid(problems) => format!(
            "{} ({})",
            problems[0].message,
            problems[0].hint.as_deref().unwrap_or("")
        ),
        other => panic!("{other}"),
    }
}

#[test]
fn an_answer_whose_headers_lead_to_another_page_is_refused() {
    for header in [
        "Link: <https://a/hosts?page=2>; rel=\"next\", <https://a/hosts?page=9>; rel=\"last\"",
        "X-Next-Page: 2",
        "Content-Range: hosts 0-9/100",
    ] {
        for (format, body) in [(Format::Json, r#"["web1"]"#), (Format::JsonLines, "\"web1\"\n")] {
            let server = Server::new(vec![reply("200 OK", &[header], body)]);
            let found = refusal(&at(&server.address).format(format));
            assert!(
                found.contains("more hosts than these") && found.contains("`command`"),
                "{header}: {found}"
            );
        }
    }
    let last = ["Link: <https://a/hosts?page=1>; rel=\"prev\"", "X-Next-Page:"];
    let server = Server::new(vec![reply("200 OK", &last, r#"["web1"]"#)]);
    assert_eq!(at(&server.address).read().unwrap().fleet.len(), 1);
}

#[test]
fn a_copy_of_a_first_page_is_not_used_either() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.json");
    let mapping = || Mapping::default().rows("results");
    let make = |server: &Server| {
        HttpSource::new(&server.address, mapping())
            .retries(0, Duration::ZERO)
            .copy(&path)
    };
    let whole = r#"{"next": null, "results": ["web1"]}"#;
    let server = Server::new(vec![ok(whole), reply("503 Busy", &[], "")]);
    make(&server).read().unwrap();
    let text = fs::read_to_string(&path)
        .unwrap()
        .replace("null, \\\"results", "\\\"x\\\", \\\"results");
    assert!(text.contains("x"));
    fs::write(&path, text).unwrap();
    assert!(matches!(
        make(&server).read().unwrap_err(),
        InventoryError::Unavailable(_)
    ));
}

/// Ten hosts, the first so many of which carry `db`.
fn ten(databases: usize) -> Reply {
    let row = |number| match number <= databases {
        true => format!(r#"{{"name": "web{number}", "tags": "db"}}"#),
        false => format!(r#"{{"name": "web{number}", "tags": ""}}"#),
    };
    ok(&format!("[{}]", (1..=10).map(row).collect::<Vec<_>>().join(",")))
}

#[test]
fn a_group_that_shrinks_too_much_is_refused_until_it_is_allowed() {
    let server = Server::new(vec![ten(5), ten(0), ten(3), ten(4), ten(3), ten(0), ten(0)]);
    let source = at(&server.address);
    source.read().unwrap();
    let found = refusal(&source);
    assert!(
        found.starts_with("the group $db has 0 of 5 hosts left since it was confirmed, but at most 20 % may go"),
        "{found}"
    );
    assert!(found.contains("`max_shrink`"), "{found}");
    assert!(refusal(&source).contains("$db has 3 of 5"));
    source.read().unwrap();
    assert!(
        refusal(&source).contains("$db has 3 of 5"),
        "small steps are counted together"
    );
    source.clone().max_shrink(100).read().unwrap();
    source.read().unwrap();
}

fn hosts(number: usize) -> Reply {
    ok(&format!(r#"["web[1-{number}]"]"#))
}

#[test]
fn a_fleet_does_not_creep_away_in_small_steps() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.json");
    let server = Server::new(vec![
        hosts(10),
        hosts(8),
        hosts(7),
        hosts(7),
        hosts(7),
        hosts(6),
        hosts(5),
    ]);
    // Each time by another process.
    let source = || at(&server.address).copy(&path);
    source().read().unwrap();
    source().read().unwrap();
    let found = refusal(&source());
    assert!(
        found.starts_with("7 of 10 hosts are left since they were confirmed"),
        "{found}"
    );
    assert_eq!(
        source().max_shrink(30).read().unwrap().fleet.len(),
        7,
        "it is allowed once"
    );
    assert_eq!(source().read().unwrap().fleet.len(), 7, "and counts from there");
    assert_eq!(source().read().unwrap().fleet.len(), 6);
    assert!(refusal(&source()).starts_with("5 of 7 hosts are left"));
}

#[test]
fn hosts_that_are_replaced_one_after_the_other_are_no_loss() {
    let replies = (0..10).map(|day| ok(&format!(r#"["web[{}-{}]"]"#, day * 2 + 1, day * 2 + 10)));
    let server = Server::new(replies.collect());
    let source = at(&server.address);
    for day in 0..10 {
        assert_eq!(source.read().unwrap().fleet.len(), 10, "day {day}");
    }
}

fn edit(path: &std::path::Path, change: impl FnOnce(&mut serde_json::Value)) {
    let mut copy = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    change(&mut copy);
    fs::write(path, copy.to_string()).unwrap();
}

#[test]
fn a_copy_of_an_older_version_guards_by_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.json");
    let server = Server::new(vec![ten(5), ten(0)]);
    at(&server.address).copy(&path).read().unwrap();
    edit(&path, |copy| {
        let copy = copy.as_object_mut().unwrap();
        assert!(copy.remove("sizes").is_some() && copy.remove("max_shrink").is_some());
    });
    assert!(refusal(&at(&server.address).copy(&path)).contains("$db has 0 of 5"));
}

#[test]
fn a_copy_from_the_future_is_asked_for_again_and_has_no_age() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.json");
    let down = || reply("503 Busy", &[], "");
    let fresh = reply("200 OK", &["Cache-Control: max-age=3600"], r#"["web1"]"#);
    let server = Server::new(vec![fresh, down(), down(), hosts(2)]);
    let source = || at(&server.address).copy(&path);
    source().read().unwrap();
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_millis();
    let tomorrow = u64::try_from(now).unwrap() + 86_400_000;
    edit(&path, |copy| {
        copy["fetched"] = tomorrow.into();
        copy["fresh_until"] = (tomorrow + 3_600_000).into();
    });
    let hosts = source().read().unwrap();
    assert!(
        hosts.warnings[0].message.contains("which is from the future"),
        "{:?}",
        hosts.warnings
    );
    let strict = source()
        .max_copy_age(Duration::from_secs(1_000_000))
        .read()
        .unwrap_err()
        .to_string();
    assert!(strict.contains("its age is not known"), "{strict}");
    assert_eq!(source().read().unwrap().fleet.len(), 2);
}

#[test]
fn an_unasked_304_is_an_error_of_the_server() {
    let unasked = || reply("304 Not Modified", &[], "");
    // The answer had neither an `ETag` nor a date, so nobody asked whether it changed.
    let server = Server::new(vec![hosts(10), unasked(), unasked(), hosts(9)]);
    let source = at(&server.address);
    source.read().unwrap();
    let stale = source.read().unwrap();
    assert!(
        stale.warnings[0]
            .message
            .contains("but was not asked whether anything changed"),
        "{:?}",
        stale.warnings
    );
    let patient = source.retries(1, Duration::from_millis(1));
    assert_eq!(
        patient.read().unwrap().fleet.len(),
        9,
        "it is asked again, as after other errors of the server"
    );
}

#[test]
fn user_and_password_of_the_address_are_sent_or_refused() {
    let server = Server::new(vec![hosts(1)]);
    let with = |login: &str| {
        HttpSource::new(
            server.address.replace("://", &format!("://{login}@")),
            Mapping::default(),
        )
    };
    for (source, expected) in [
        (
            with("me:hunter2").header("Authorization", "Bearer x".into()),
            "and a header `Authorization`",
        ),
        (with("me:%ff"), "they are no text"),
        (with("me:%0d"), "they are no text"),
        (with("m%3ae:hunter2"), "holds a colon"),
    ] {
        let found = refusal(&source.retries(0, Duration::ZERO));
        assert!(found.contains(expected) && !found.contains("hunter2"), "{found}");
    }
    with("m%65:p%40ss").read().unwrap();
    let request = server.requests().remove(0);
    // `me:p@ss`, as the standard encodes it.
    assert!(
        request.to_lowercase().contains("authorization: basic bwu6cebzcw==\r\n"),
        "{request}"
    );
    assert!(request.starts_with("GET / "), "{request}");
}
