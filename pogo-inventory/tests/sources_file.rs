//! Sources and resolvers that a file names.
#![cfg(all(
    feature = "sources-file",
    feature = "csv",
    feature = "command",
    feature = "http",
    feature = "sqlite"
))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use futures::executor::block_on;
use pogo_core::dispatcher::ResolverQueries;
use pogo_core::fleet::{Fleet, FleetBuilder};
use pogo_inventory::merge::Sources;
use pogo_inventory::{InventoryError, SourcesFile};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn database(path: &Path) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(async {
        let mut connection = options.connect().await.unwrap();
        let script = "CREATE TABLE roles (host TEXT, role TEXT);
            INSERT INTO roles VALUES ('web1', 'frontend'), ('db1', 'mysql'), ('db2', 'mysql');";
        connection.execute(script).await.unwrap();
        connection.close().await.unwrap();
    });
}

fn gathered(file: SourcesFile) -> Fleet {
    let sources = file.sources.into_iter().fold(Sources::new(), Sources::with);
    let fleet = block_on(sources.gather()).unwrap().fleet;
    (*fleet).clone()
}

fn members(fleet: &Fleet, selector: &str) -> Vec<String> {
    let hosts = fleet.resolve(&selector.parse().unwrap()).unwrap();
    hosts.iter().map(|host| fleet.name(*host).to_string()).collect()
}

#[test]
fn sources_of_every_type_are_read_with_what_is_set_for_them() {
    let folder = folder(&[
        ("assets.csv", "hostname,role,where\nweb1,frontend,10.0.0.1\n"),
        ("plain.json", r#"[{"name": "web2", "tags": ["frontend"]}]"#),
        ("hosts.ini", "[backend]\napi[1:2]\n"),
        ("say.sh", "#!/bin/sh\nprintf '[{\"id\": \"%s\"}]' \"$1\"\n"),
        (
            "sources.yaml",
            "sources:
  - plain.json
  - type: csv
    location: assets.csv
    fields: { name: hostname, address: where, tags: [{ field: role, required: true }] }
  - { type: ansible, location: hosts.ini }
  - type: command
    location: ./say.sh
    args: [08]
    timeout: 5s
    fields: { name: id }
  - type: database
    location: sqlite:roles.db
    query: SELECT host, role FROM roles WHERE role = ?
    values: [mysql]
    fields: { name: host, tags: [{ field: role }] }
",
        ),
    ]);
    let script = folder.path().join("say.sh");
    fs::set_permissions(script, fs::Permissions::from_mode(0o755)).unwrap();
    database(&folder.path().join("roles.db"));
    let fleet = gathered(SourcesFile::read(folder.path().join("sources.yaml")).unwrap());
    assert_eq!(members(&fleet, "$frontend"), ["web2", "web1"]);
    assert_eq!(members(&fleet, "$backend"), ["api1", "api2"]);
    assert_eq!(members(&fleet, "$mysql"), ["db1", "db2"]);
    assert_eq!(members(&fleet, "08"), ["08"]);
    let web1 = fleet.host(fleet.id("web1").unwrap());
    assert_eq!(web1.connection.address.as_deref(), Some("10.0.0.1"));
}

#[test]
fn a_resolver_answers_for_the_tags_that_name_it() {
    let folder = folder(&[(
        "sources.yaml",
        "resolvers:
  rolesdb:
    location: sqlite:roles.db
    query: SELECT host FROM roles WHERE role = ?
",
    )]);
    database(&folder.path().join("roles.db"));
    let file = SourcesFile::read(folder.path().join("sources.yaml")).unwrap();
    let questions = ResolverQueries::default().and(&"$rolesdb(mysql)".parse().unwrap());
    let fleet = block_on(file.resolvers.answer(&questions, FleetBuilder::default()));
    assert_eq!(
        members(&fleet.unwrap().build().unwrap(), "$rolesdb(mysql)"),
        ["db1", "db2"]
    );
}

#[test]
fn headers_come_from_files_and_variables() {
    let text = "sources:
  - type: http
    location: https://assets.example.com/hosts
    headers: { Authorization: { file: token }, X-User: { env: PATH }, Accept: { text: application/json } }
    timeout: 3s
    retries: 1
    copy: last.json
    max_copy_age: 1day
    max_shrink: 10
";
    assert_eq!(SourcesFile::parse("sources.yaml", text).unwrap().sources.len(), 1);
}

/// The problems of a text.
fn problems(text: &str) -> String {
    match SourcesFile::parse("sources.yaml", text) {
        Err(error @ InventoryError::Invalid(_)) => error.to_string(),
        Err(other) => panic!("{other}"),
        Ok(file) => panic!("{} sources", file.sources.len()),
    }
}

#[test]
fn problems_name_their_line_and_the_cure() {
    for (text, line, parts) in [
        ("source: []", "1:1", ["unknown key `source`", "`sources`"]),
        ("sources: hosts.csv", "1:10", ["a list of sources", "[hosts.csv]"]),
        (
            "sources:\n  - location: x",
            "2:5",
            ["a source with its `type`", "type: csv"],
        ),
        ("sources:\n  - { type: cvs, location: x }", "2:13", ["`cvs`", "csv"]),
        ("sources:\n  - { type: csv }", "2:5", ["missing field", "`location`"]),
        (
            "sources:\n  - type: database\n    location: sqlite:x\n    querry: y",
            "4:5",
            ["unknown field `querry`", "`query`"],
        ),
        (
            "sources:\n  - { type: csv, location: x, fields: { nmae: y } }",
            "2:41",
            ["unknown field `nmae`", "`name`"],
        ),
        (
            "sources:\n  - { type: command, location: x, timeout: soon }",
            "2:5",
            ["`soon` is no time", "`10s`"],
        ),
        (
            "resolvers:\n  r: { location: \"sqlite:x\", query: y, values: [z] }",
            "2:6",
            ["neither `fields` nor `values`", "for example"],
        ),
    ] {
        let shown = problems(text);
        assert!(shown.contains(&format!("sources.yaml:{line}: ")), "{line}: {shown}");
        for part in parts {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }
}

#[test]
fn a_secret_that_stands_in_the_file_is_refused_and_not_shown() {
    for value in ["hunter2", "{ value: hunter2 }", "[hunter2]", "{ file: [hunter2] }"] {
        for text in [
            format!("sources:\n  - type: http\n    location: https://x\n    headers: {{ X-Me: {value} }}"),
            format!("sources:\n  - {{ type: http, location: https://x, headers: {{ X-Me: {value} }} }}"),
        ] {
            let shown = problems(&text);
            assert!(shown.contains("`{ env: NAME }`"), "{shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
    let shown = problems("sources:\n  - type: http\n    location: https://x\n    headers: hunter2");
    assert!(shown.contains("a text stands where a map is expected"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
    let shown = problems("sources:\n  - { type: database, location: postgres://me:hunter2@db/assets }");
    assert!(shown.contains("missing field `query`"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}
