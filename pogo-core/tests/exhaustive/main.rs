//! Every order in which things can happen to a few hosts, by model checking of the real scheduler.
//!
//! The oracle of the random tests judges each step; what it must find is planted once, to see that it would.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod model;
mod moment;
#[path = "../properties/oracle/mod.rs"]
mod oracle;
mod takeover;

use pogo_core::policy::{Constraint, Policy, Rule, Sequence};
use stateright::{Checker, Model};

use model::{Namespace, Planted};

fn limit(group: &str, rule: fn(pogo_core::policy::Limit) -> Rule, limit: &str) -> Constraint {
    Constraint::new(group.parse().unwrap(), rule(limit.parse().unwrap()))
}

fn sequence(stages: [&str; 2]) -> Sequence {
    Sequence::new(stages.join(" then "), stages.map(|stage| stage.parse().unwrap()))
}

/// Four hosts, three buckets, two sequences that cross.
fn crossing() -> Policy {
    Policy::new()
        .sequence(sequence(["h1", "h2"]))
        .sequence(sequence(["$colo.east", "$colo.west & $role.web"]))
        .constraint(limit("$colo", Rule::MaxParallel, "1"))
        .constraint(limit("*", Rule::MaxParallelTotal, "2"))
}

/// Four hosts, three buckets of different kinds, one sequence that tolerates a failure.
fn tolerant() -> Policy {
    Policy::new()
        .sequence(sequence(["h1,h2", "h3"]).allow_failures("1".parse().unwrap()))
        .constraint(limit("$role.web", Rule::MaxParallel, "2"))
        .constraint(limit("$colo.west", Rule::MinAvailable, "1"))
        .constraint(limit("$colo.east", Rule::MaxFailures, "0"))
}

#[test]
fn every_history_of_a_crossing_policy_keeps_the_rules() {
    let namespace = Namespace {
        policy: crossing(),
        jobs: 1,
        faults: 2,
        orders: 2,
        asks: false,
        holds: false,
        planted: Planted::Nothing,
    };
    let checker = namespace.checker().spawn_bfs().join();
    checker.assert_properties();
}

#[test]
fn every_history_of_a_tolerant_policy_keeps_the_rules() {
    let namespace = Namespace {
        policy: tolerant(),
        jobs: 1,
        faults: 2,
        orders: 2,
        asks: false,
        holds: false,
        planted: Planted::Nothing,
    };
    let checker = namespace.checker().spawn_bfs().join();
    checker.assert_properties();
}

#[test]
fn every_history_of_two_jobs_keeps_the_rules() {
    let namespace = Namespace {
        policy: crossing(),
        jobs: 2,
        faults: 2,
        orders: 1,
        asks: false,
        holds: false,
        planted: Planted::Nothing,
    };
    let checker = namespace.checker().spawn_bfs().join();
    checker.assert_properties();
    checker.assert_any_discovery("a job waits for another");
}

#[test]
fn every_history_of_a_job_that_retires_keeps_the_rules() {
    let namespace = Namespace {
        policy: tolerant().retire_after(std::time::Duration::ZERO),
        jobs: 1,
        faults: 2,
        orders: 2,
        asks: false,
        holds: false,
        planted: Planted::Nothing,
    };
    let checker = namespace.checker().spawn_bfs().join();
    checker.assert_properties();
}

#[test]
fn a_scheduler_that_forgets_failed_hosts_is_found_out() {
    let namespace = Namespace {
        policy: crossing(),
        jobs: 1,
        faults: 2,
        orders: 0,
        asks: false,
        holds: false,
        planted: Planted::FailedHostsGiveTheirPlacesBack,
    };
    let checker = namespace.checker().spawn_bfs().join();
    checker.assert_any_discovery("every rule is kept");
}

#[test]
fn a_scheduler_that_loses_reports_is_found_out() {
    let namespace = Namespace {
        policy: crossing(),
        jobs: 1,
        faults: 1,
        orders: 0,
        asks: false,
        holds: false,
        planted: Planted::AReportIsLost,
    };
    let checker = namespace.checker().spawn_bfs().join();
    checker.assert_any_discovery("every job ends or says what it needs");
}

/// With one order, or the steps of asking would be too many to explore.
#[test]
fn every_history_of_attempts_that_ask_keeps_the_rules() {
    let namespace = Namespace {
        policy: crossing(),
        jobs: 1,
        faults: 2,
        orders: 1,
        asks: true,
        holds: false,
        planted: Planted::Nothing,
    };
    let checker = namespace.checker().spawn_bfs().join();
    checker.assert_properties();
}

#[test]
fn a_transport_that_begins_without_permission_is_found_out() {
    let namespace = Namespace {
        policy: crossing(),
        jobs: 1,
        faults: 0,
        orders: 0,
        asks: true,
        holds: false,
        planted: Planted::APermissionIsSkipped,
    };
    let checker = namespace.checker().spawn_bfs().join();
    checker.assert_any_discovery("every rule is kept");
}

/// With orders that hold and release hosts alone, and two of them, so that one may wait for what the other holds.
#[test]
fn every_history_of_hosts_that_are_held_keeps_the_rules() {
    let namespace = Namespace {
        policy: crossing(),
        jobs: 1,
        faults: 2,
        orders: 2,
        asks: false,
        holds: true,
        planted: Planted::Nothing,
    };
    let checker = namespace.checker().spawn_bfs().join();
    checker.assert_properties();
    checker.assert_any_discovery("a host is held");
    checker.assert_any_discovery("a hold waits");
}
