//! The description of the API: complete, kept, and true to what is written. `POGO_BLESS=1` writes it anew.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use pogo_web::openapi::openapi;
use pogo_web::routes;
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

use crate::raw::{exchange, parts, request};
use crate::schema::faults_of;
use crate::served::Served;

fn kept() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/openapi/openapi.json");
    if env::var_os("POGO_BLESS").is_some() {
        let mut text = vec![];
        let narrow = PrettyFormatter::with_indent(b" ");
        openapi()
            .serialize(&mut Serializer::with_formatter(&mut text, narrow))
            .unwrap();
        text.push(b'\n');
        fs::write(&file, text).unwrap();
    }
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn the_file_that_is_served_is_what_the_types_say() {
    assert!(
        kept() == openapi(),
        "it differs; if that is meant, POGO_BLESS=1 writes it"
    );
}

#[test]
fn every_route_is_described_and_nothing_else_is() {
    let document = openapi();
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    let described: BTreeSet<String> = operations.collect();
    let routes = routes().into_iter();
    let routes: BTreeSet<String> = routes.map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(described, routes);
}

#[test]
fn every_schema_that_is_named_is_there() {
    fn names(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|value| names(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| names(item, found)),
            _ => {}
        }
    }
    let document = openapi();
    let mut found = BTreeSet::new();
    names(&document, &mut found);
    for name in found {
        let pointer = name.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "there is no {name}");
    }
}

/// Every line of a golden file, each a document of the schema that is named.
fn lines_are(file: &str, schema: impl Fn(usize) -> &'static str) {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file)).unwrap();
    for (index, line) in text.lines().enumerate() {
        let faults = faults_of(schema(index), &serde_json::from_str(line).unwrap());
        assert!(
            faults.is_empty(),
            "line {} of {file} is no {}: {faults:#?}",
            index + 1,
            schema(index)
        );
    }
}

#[test]
fn golden_documents_are_as_described() {
    const DOCUMENTS: [&str; 14] = [
        "About",
        "Namespaces",
        "OrderAnswer",
        "OrderAnswer",
        "WaitAnswer",
        "OutputPart",
        "StreamEnd",
        "StreamEnd",
        "HostOutput",
        "HostOutput",
        "Question",
        "UpdateDigest",
        "UpdateDigest",
        "UpdateDigest",
    ];
    lines_are("pogo-api/tests/golden/documents.jsonl", |index| DOCUMENTS[index]);
    lines_are("pogo-api/tests/golden/problems.jsonl", |_| "Problem");
    lines_are("pogo-core/tests/golden/answers.jsonl", |_| "QueryAnswer");
    lines_are("pogo-core/tests/golden/records.jsonl", |_| "Record");
    lines_are("pogo-core/tests/golden/updates.jsonl", |_| "Update");
}

#[test]
fn golden_snapshots_are_as_described() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pogo-core/tests/golden");
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with("snapshot-") {
            let snapshot: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            let faults = faults_of("Snapshot", &snapshot);
            assert!(faults.is_empty(), "{name}: {faults:#?}");
        }
    }
}

#[test]
fn a_field_that_is_not_described_and_one_that_is_missing_are_found() {
    let of_end = |text: &str| faults_of("StreamEnd", &serde_json::from_str(text).unwrap());
    assert!(of_end(r#"{"version":1,"reason":"closing"}"#).is_empty());
    assert_eq!(of_end(r#"{"version":1,"reason":"closing","mood":"good"}"#).len(), 1);
    assert_eq!(of_end(r#"{"version":1}"#).len(), 1);
    assert_eq!(of_end(r#"{"version":1,"reason":"eclipse"}"#).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_served() {
    let served = Served::new().await;
    let answer = exchange(&served.path, request("GET", "/v1/openapi.json", "").as_bytes()).await;
    let (status, media_type, body) = parts(&answer);
    assert_eq!((status, media_type.as_str()), (200, "application/json"));
    let document: Value = serde_json::from_str(&body).unwrap();
    assert!(document == kept());
}
