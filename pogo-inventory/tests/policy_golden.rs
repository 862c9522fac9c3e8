//! The worked examples, from file to plan.
#![cfg(feature = "policy-file")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use pogo_core::fleet::fold;
use pogo_core::plan::{JobSpec, Plan, PlannedStage, RemoteCommand};
use pogo_inventory::PolicyFile;

const COLOS: &str = "tag:
  colo:
    north_america: [h1, h2, h3]
    south_east_asia: [h4, h5, h6]
";

fn plan(text: &str, targets: &str) -> Plan {
    let (fleet, policy) = PolicyFile::parse("pogo.yaml", text)
        .unwrap_or_else(|error| panic!("{error}"))
        .into_parts();
    let job = JobSpec::new(targets.parse().unwrap(), RemoteCommand::shell("true"));
    let plan = Plan::compile(&fleet.build().unwrap(), &policy, &job).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(plan.warnings, [], "{text}");
    plan
}

/// Each stage as `sequence: hosts`, each limit as `group: slots`.
fn shape(plan: &Plan) -> (Vec<String>, Vec<String>) {
    let stage = |stage: &PlannedStage| format!("{}: {}", stage.stage.sequence, fold(&stage.hosts));
    let buckets = plan.buckets.iter();
    (
        plan.stages.iter().map(stage).collect(),
        buckets
            .map(|planned| format!("{}: {}", planned.bucket.group, planned.bucket.slots))
            .collect(),
    )
}

#[track_caller]
fn assert_plan<const S: usize, const B: usize>(text: &str, targets: &str, stages: [&str; S], buckets: [&str; B]) {
    let (found_stages, found_buckets) = shape(&plan(text, targets));
    assert_eq!(found_stages, stages, "{text}");
    assert_eq!(found_buckets, buckets, "{text}");
}

#[test]
fn one_sequence_of_colos_two_at_a_time() {
    let text = format!(
        "{COLOS}sequence: [$colo.north_america, $colo.south_east_asia]\n\
         constraint: {{ $colo: {{ max_parallel: 2 }} }}\n"
    );
    assert_plan(
        &text,
        "*",
        ["sequence: h[1-3]", "sequence: h[4-6]"],
        ["$colo.north_america: 2", "$colo.south_east_asia: 2"],
    );
}

#[test]
fn a_sequence_for_frontends_only() {
    let text = "
tag:
  colo: { na: [h1, h2, h3], sea: [h4, h5, h6] }
  frontend: [h1, h4]
sequence:
  $frontend: [$colo.na, $colo.sea]
";
    assert_plan(text, "*", ["$frontend: h1", "$frontend: h4"], []);
}

#[test]
fn two_scoped_sequences_run_against_each_other() {
    let text = "
tag:
  colo: { na: [h1, h2, h3], sea: [h4, h5, h6] }
  frontend: [h1, h4]
  backend: [h2, h5]
sequence:
  $frontend: [$colo.na, $colo.sea]
  $backend: [$colo.sea, $colo.na]
";
    assert_plan(
        text,
        "*",
        ["$frontend: h1", "$frontend: h4", "$backend: h5", "$backend: h2"],
        [],
    );
}

#[test]
fn bare_hosts_in_order() {
    assert_plan(
        "tag: { colo.na: [h1, h2, h3] }\nsequence: [h3, h2, h1]\n",
        "*",
        ["sequence: h3", "sequence: h2", "sequence: h1"],
        [],
    );
}

#[test]
fn a_stage_without_hosts_is_passed_over() {
    let text = "tag: { one: [h1], two: [h2], three: [h3] }\nsequence: [$one, $two, $three]\n";
    assert_plan(text, "h1,h3", ["sequence: h1", "sequence: h3"], []);
}

#[test]
fn two_sequences_are_independent() {
    let text = "
tag: { south: [h1], north: [h2], west: [h3], east: [h4] }
sequence:
  horizontal: [$south, $north]
  vertical: [$west, $east]
";
    assert_plan(
        text,
        "*",
        ["horizontal: h1", "horizontal: h2", "vertical: h3", "vertical: h4"],
        [],
    );
}

#[test]
fn backends_one_at_a_time_then_frontends_five_at_a_time() {
    let text = "
tag: { frontend: [h1, h2], backend: [h3, h4] }
sequence: [$backend, $frontend]
constraint:
  $backend: { max_parallel: 1 }
  $frontend: { max_parallel: 5 }
";
    assert_plan(
        text,
        "*",
        ["sequence: h[3-4]", "sequence: h[1-2]"],
        ["$backend: 1", "$frontend: 5"],
    );
    assert_plan(text, "h1,h2", ["sequence: h[1-2]"], ["$frontend: 5"]);
}

#[test]
fn the_file_of_the_design_means_what_it_says() {
    let text = r#"
tag:
  colo:
    north_america: [host1, host2, host3]
    south_east_asia: ["host[4-6]"]
  frontend: [host1, host4]
sequence:                     # a list is one sequence; a list of lists, or a map of names, is several
  - $colo.north_america       # entries are selectors; bare hosts are allowed
  - $colo.south_east_asia
constraint:
  $colo: { max_parallel: 2 }                  # one limit for EACH value of colo
  $frontend:
    max_parallel: 25%                         # of the whole group in the fleet, not of this job's part of it
    $colo.north_america: { max_parallel: 1 }  # nested = intersection
"#;
    assert_plan(
        text,
        "*",
        ["sequence: host[1-3]", "sequence: host[4-6]"],
        [
            "$colo.north_america: 2",
            "$colo.south_east_asia: 2",
            "$frontend: 1",
            "$frontend & $colo.north_america: 1",
        ],
    );
}

#[test]
fn each_repeats_a_sequence_per_colo() {
    let text = "
tag:
  colo: { east: [b1, f1], west: [b2, f2] }
  backend: [b1, b2]
  frontend: [f1, f2]
sequence: { tiers: { each: $colo, stages: [$backend, $frontend] } }
";
    let (stages, _) = shape(&plan(text, "*"));
    assert_eq!(stages.len(), 4, "{stages:?}");
}

#[test]
fn a_mistake_that_shows_only_in_the_plan_has_its_place() {
    let text = "tag: { web: [h1] }\nsequence: [$web, $wbe]\nconstraint:\n  $wbe: { max_parallel: 1 }\n";
    let (fleet, policy) = PolicyFile::parse("pogo.yaml", text).unwrap().into_parts();
    let job = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true"));
    let error = Plan::compile(&fleet.build().unwrap(), &policy, &job)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("pogo.yaml:2:18: ") && error.contains("pogo.yaml:4:3: "),
        "{error}"
    );
    assert!(error.contains("$web"), "{error}");
}

#[test]
fn ten_thousand_hosts_are_read() {
    let hosts: String = (0..10_000)
        .map(|host| format!("      - host{host}.example.com\n"))
        .collect();
    let (fleet, _) = PolicyFile::parse("pogo.yaml", &format!("tag:\n  colo:\n    east:\n{hosts}"))
        .unwrap()
        .into_parts();
    assert_eq!(fleet.len(), 10_000);
}
