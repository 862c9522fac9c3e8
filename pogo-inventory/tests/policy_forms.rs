//! Every accepted form of a policy file, and what it means.
#![cfg(feature = "policy-file")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use pogo_core::fleet::Selector;
use pogo_core::policy::{Constraint, JobSettings, Limit, OnDoubt, Origin, Policy, Rule, Sequence, Setting, WaveGate};
use pogo_inventory::PolicyFile;

fn policy(text: &str) -> Policy {
    let read = PolicyFile::parse("pogo.yaml", text);
    read.unwrap_or_else(|error| panic!("{error}")).policy.unwrap()
}

fn group(text: &str) -> Selector {
    text.parse().unwrap()
}

fn limit(text: &str) -> Limit {
    text.parse().unwrap()
}

/// Without origins, to compare with what a program would build.
fn bare(mut policy: Policy) -> Policy {
    for sequence in &mut policy.sequences {
        sequence.origin = None;
        for stage in &mut sequence.stages {
            stage.origin = None;
        }
    }
    for constraint in &mut policy.constraints {
        constraint.origin = None;
    }
    policy
}

fn sequences(text: &str) -> Vec<Sequence> {
    bare(policy(text)).sequences
}

fn sequence<const N: usize>(name: &str, stages: [&str; N]) -> Sequence {
    Sequence::new(name, stages.map(group))
}

#[test]
fn the_original_spelling_of_a_resolver_is_read() {
    let policy = policy("constraint: { $rolesdb mysql: { max_parallel: 1 } }\nsequence: [$rolesdb mysql]");
    assert_eq!(policy.constraints[0].group, [group("$rolesdb(mysql)")]);
    assert_eq!(policy.sequences[0].stages[0].selector, group("$rolesdb(mysql)"));
}

#[test]
fn a_list_is_one_sequence() {
    assert_eq!(
        sequences("sequence:\n  - $colo.na\n  - $colo.sea\n"),
        [sequence("sequence", ["$colo.na", "$colo.sea"])]
    );
    assert_eq!(
        sequences("sequence: [h3, h2, h1]"),
        [sequence("sequence", ["h3", "h2", "h1"])]
    );
}

#[test]
fn a_list_of_lists_is_several() {
    assert_eq!(
        sequences("sequence:\n  - [$south, $north]\n  - [$west, $east]\n"),
        [
            sequence("sequence 1", ["$south", "$north"]),
            sequence("sequence 2", ["$west", "$east"])
        ]
    );
    assert_eq!(sequences("sequence: [[a, b]]"), [sequence("sequence", ["a", "b"])]);
}

#[test]
fn a_map_of_names_is_several() {
    assert_eq!(
        sequences("sequence:\n  horizontal: [$south, $north]\n  vertical: [$west, $east]\n"),
        [
            sequence("horizontal", ["$south", "$north"]),
            sequence("vertical", ["$west", "$east"])
        ]
    );
}

#[test]
fn a_key_that_is_a_selector_is_a_scope() {
    assert_eq!(
        sequences("sequence:\n  $frontend: [$colo.na, $colo.sea]\n  web[1-9]: [[a, b], [c, d]]\n  \"!$db\": [x]\n"),
        [
            sequence("$frontend", ["$colo.na", "$colo.sea"]).scoped(group("$frontend")),
            sequence("web[1-9] 1", ["a", "b"]).scoped(group("web[1-9]")),
            sequence("web[1-9] 2", ["c", "d"]).scoped(group("web[1-9]")),
            sequence("!$db", ["x"]).scoped(group("!$db")),
        ]
    );
}

#[test]
fn the_long_form_says_everything() {
    let text = "
sequence:
  tiers:
    scope: $colo
    each: $colo
    stages: [$backend, $frontend]
    allow_failures: 10%
  $web: { stages: [[a, b], [c, d]], allow_failures: 1 }
";
    let tiers = sequence("tiers", ["$backend", "$frontend"])
        .scoped(group("$colo"))
        .each("colo".parse().unwrap())
        .allow_failures(limit("10%"));
    let web = |name, stages| sequence(name, stages).scoped(group("$web")).allow_failures(limit("1"));
    assert_eq!(
        sequences(text),
        [tiers, web("$web 1", ["a", "b"]), web("$web 2", ["c", "d"])]
    );
}

#[test]
fn the_long_form_needs_no_name() {
    let mut tiers = sequence("sequence", ["$backend", "$frontend"]).each("colo".parse().unwrap());
    assert_eq!(
        sequences("sequence: { each: $colo, stages: [$backend, $frontend] }"),
        std::slice::from_ref(&tiers)
    );
    tiers.name = "sequence 1".to_owned();
    assert_eq!(
        sequences("sequence:\n  - each: colo\n    stages: [$backend, $frontend]\n  - [a, b]\n"),
        [tiers, sequence("sequence 2", ["a", "b"])]
    );
}

#[test]
fn constraints_nest_by_intersection() {
    let text = "
constraint:
  $colo: { max_parallel: 2 }
  $frontend:
    max_parallel: 25%
    max_parallel_total: 40
    $colo.north_america: { max_parallel: 1, min_available: 75% }
  db1: { max_failures: 0 }
";
    let on = |name: &str, rule: Rule| Constraint::new(group(name), rule);
    assert_eq!(
        bare(policy(text)).constraints,
        [
            on("$colo", Rule::MaxParallel(limit("2"))),
            on("$frontend", Rule::MaxParallel(limit("25%"))),
            on("$frontend", Rule::MaxParallelTotal(limit("40"))),
            on("$frontend", Rule::MaxParallel(limit("1"))).within(group("$colo.north_america")),
            on("$frontend", Rule::MinAvailable(limit("75%"))).within(group("$colo.north_america")),
            on("db1", Rule::MaxFailures(limit("0"))),
        ]
    );
}

#[test]
fn every_rule_remembers_where_it_was_written() {
    let text = "
sequence:
  tiers: [$a,
    $b]
constraint:
  $a:
    max_parallel: 1
    $b: { max_parallel: 2 }
";
    let policy = policy(text);
    let at = |line, column| Some(Origin::new("pogo.yaml", line, column));
    let stages: Vec<_> = policy.sequences[0]
        .stages
        .iter()
        .map(|stage| stage.origin.clone())
        .collect();
    assert_eq!(policy.sequences[0].origin, at(3, 3));
    assert_eq!(stages, [at(3, 11), at(4, 5)]);
    let constraints: Vec<_> = policy
        .constraints
        .iter()
        .map(|constraint| constraint.origin.clone())
        .collect();
    assert_eq!(constraints, [at(6, 3), at(8, 5)]);
}

#[test]
fn defaults_are_read() {
    let text = "
defaults:
  attempt_timeout: 10m
  slow_after: 0s
  job_timeout: 1h 30m
  retries: 2
  connect_retries: 5
  retry_delay: 500ms
  retry_backoff: 2
  settle: 0
  max_failures: 5%
  on_doubt: retry
  max_parallel: 10%
  bake: 5m
  gate: manual
  allow_failures: 1
  priority: -2
  leave_after: 10m
  pre_hooks: /opt/hooks/pre.d
  post_hooks: ''
";
    let expected = JobSettings::new()
        .attempt_timeout(Duration::from_secs(600))
        .slow_after(Duration::ZERO)
        .job_timeout(Duration::from_secs(5400))
        .retries(2)
        .connect_retries(5)
        .retry_delay(Duration::from_millis(500))
        .retry_backoff(2)
        .settle(Duration::ZERO)
        .max_failures(limit("5%"))
        .on_doubt(OnDoubt::Retry)
        .max_parallel(limit("10%"))
        .bake(Duration::from_secs(300))
        .gate(WaveGate::Manual)
        .leave_after(Duration::from_secs(600))
        .allow_failures(limit("1"))
        .priority(-2)
        .pre_hooks("/opt/hooks/pre.d".to_owned())
        .post_hooks(String::new());
    assert_eq!(policy(text).defaults, expected);
    let read = Setting::ALL.iter().filter(|&&setting| expected.is_set(setting));
    assert_eq!(read.count(), Setting::ALL.len(), "a setting is not read here");
}

#[test]
fn sections_may_be_empty() {
    for text in [
        "{}",
        "tag:\nsequence:\nconstraint:\ndefaults:\n",
        "sequence: []\nconstraint: {}\n",
    ] {
        assert_eq!(policy(text), Policy::default(), "{text}");
    }
}
