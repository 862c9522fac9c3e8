//! The file of Pogo 4.0.
#![cfg(feature = "pogo4-file")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod short_problems;

use pogo_core::fleet::fold;
use pogo_core::plan::{JobSpec, Plan, RemoteCommand};
use pogo_inventory::Pogo4File;

use short_problems::short_problems;

const TEXT: &str = r#"
apps: { frontend: ["foo[1-101].east.example.com", "foo[1-7].west.example.com"], backend: ["bar[1-10].east.example.com"] }
envs:
  coast:
    east: ["foo[1-101].east.example.com", "bar[1-10].east.example.com"]
    west: ["foo[1-7].west.example.com"]
constraints:
  coast:
    concurrency: [ { frontend: 25% }, { backend: 1 } ]
    sequence:    [ [ backend, frontend ] ]
"#;

fn problems(text: &str) -> Vec<String> {
    let error = Pogo4File::parse("f", text).unwrap_err();
    short_problems(&error)
}

#[test]
fn limits_hold_per_app_and_value_and_count_the_whole_group() {
    let (fleet, policy) = Pogo4File::parse("f", TEXT).unwrap().into_parts();
    let job = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true"));
    let plan = Plan::compile(&fleet.build().unwrap(), &policy, &job).unwrap();
    assert_eq!(plan.warnings, []);
    let mut buckets: Vec<String> = plan
        .buckets
        .iter()
        .map(|planned| format!("{}: {}", planned.bucket.group, planned.bucket.slots))
        .collect();
    buckets.sort();
    assert_eq!(
        buckets,
        [
            "$backend & $coast.east: 1",
            "$frontend & $coast.east: 25",
            "$frontend & $coast.west: 1"
        ]
    );
}

#[test]
fn sequences_run_within_each_value_and_failures_do_not_stop_them() {
    let (fleet, policy) = Pogo4File::parse("f", TEXT).unwrap().into_parts();
    let job = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true"));
    let plan = Plan::compile(&fleet.build().unwrap(), &policy, &job).unwrap();
    let stages: Vec<(String, u32)> = plan
        .stages
        .iter()
        .map(|stage| (fold(&stage.hosts).to_string(), stage.stage.allowed_failures))
        .collect();
    assert_eq!(
        stages,
        [
            ("bar[1-10].east.example.com".to_owned(), 10),
            ("foo[1-101].east.example.com".to_owned(), 101),
            ("foo[1-7].west.example.com".to_owned(), 7)
        ]
    );
}

#[test]
fn unknown_apps_and_keys_are_errors() {
    let text = "
apps: { frontend: [a], backend: b }
envs: { coast: { east: [a, b] }, frontend: {} }
constraints:
  cost: { sequence: [frontend] }
  coast:
    concurrency: [ { frontent: 25% }, { backend: lots } ]
    sequence: [ [ backend, web ], frontend ]
    order: 1
app: {}
";
    let expected = [
        "3:34 `frontend` is an app already (apps and environments become tags, and need different names)",
        "5:3 there is no environment `cost` (did you mean `coast`?)",
        "7:22 there is no app `frontent` (did you mean `frontend`?)",
        "7:50 `lots` is not a limit; write a whole number of hosts (5) or a percentage (25%)",
        "8:28 there is no app `web` (known here: backend, frontend)",
        "8:35 expected a list of apps, found `frontend` (for example `sequence: [ [ backend, frontend ] ]`)",
        "9:5 unknown key `order` in the constraints of an environment (known here: concurrency, sequence)",
        "10:1 unknown key `app` in a file of Pogo 4.0 (did you mean `apps`?)",
    ];
    assert_eq!(problems(text), expected);
}

#[test]
fn other_files_are_refused() {
    assert_eq!(problems(""), ["1:1 the file says nothing (name hosts under `apps:`)"]);
    assert_eq!(
        problems("[a]"),
        ["1:1 expected `apps`, `envs` and `constraints`, found a list (for example `apps: { web: [\"web[1-9]\"] }`)"]
    );
    assert_eq!(
        problems("apps: { a.b: [x] }"),
        ["1:9 the name `a.b` has a dot, which separates the parts of a tag (write it with `_` or `-`)"]
    );
}
