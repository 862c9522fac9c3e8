//! Defects of holds that are planted in logs, and what an audit says of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use pogo_audit::{BrokenRule, Finding, audit};
use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{Event, HostEventKind, Record};
use pogo_core::sim::World;

/// The log of a job on these of four hosts, one of which may be unavailable, which an audit accepts.
fn log(targets: &str) -> Vec<Record> {
    let limit = Constraint::new("$web".parse().unwrap(), Rule::MaxParallel("1".parse().unwrap()));
    let fleet = Fleet::builder().tagged("web", "web[1-4]").build().unwrap();
    let mut world = World::new(fleet, Policy::new().constraint(limit)).unwrap();
    world
        .submit(JobSpec::new(targets.parse().unwrap(), RemoteCommand::shell("true")))
        .unwrap();
    let records = world.run().records;
    audit(&records).unwrap();
    records
}

fn found(records: &[Record]) -> Finding {
    audit(records).unwrap_err()
}

fn started(record: &Record) -> bool {
    record.event.started().is_some()
}

fn held(host: &str) -> Event {
    let kind = HostEventKind::Held {
        owner: "ann".parse().unwrap(),
        reason: "a new disk".to_owned(),
        waited: false,
    };
    Event::of_host(host.parse().unwrap(), kind)
}

/// As if this had happened at the moment of the last start, before it.
fn before_the_last_start(records: &mut Vec<Record>, event: Event) {
    let last = records.iter().rposition(started).unwrap();
    let at = records[last].at;
    records.insert(last, Record::new(at, event));
}

#[test]
fn a_start_on_a_host_that_somebody_holds_is_found() {
    let mut records = log("*");
    before_the_last_start(&mut records, held("web4"));
    let finding = found(&records);
    assert_eq!(finding.rule, BrokenRule::Held, "{finding}");
    assert_eq!(finding.message, "`web4` starts although ann holds it");
}

#[test]
fn a_host_that_is_held_while_all_slots_are_taken_is_found() {
    let mut records = log("*");
    let first = records.iter().position(started).unwrap();
    records.insert(first + 1, Record::new(records[first].at, held("web4")));
    let finding = found(&records);
    assert_eq!(finding.rule, BrokenRule::Available, "{finding}");
    let said = "`web4` is held while 1 of $web are unavailable, and max_parallel: 1 allows 1";
    assert_eq!(finding.message, said);
}

#[test]
fn a_start_beside_a_host_that_is_held_is_found() {
    let mut records = log("web1,web2");
    before_the_last_start(&mut records, held("web4"));
    let finding = found(&records);
    assert_eq!(finding.rule, BrokenRule::Available, "{finding}");
}

#[test]
fn a_host_that_is_held_while_it_runs_is_found() {
    let mut records = log("*");
    let first = records.iter().position(started).unwrap();
    records.insert(first + 1, Record::new(records[first].at, held("web1")));
    assert_eq!(found(&records).rule, BrokenRule::Held);
}

#[test]
fn somebody_who_waits_for_a_host_that_could_be_held_is_found() {
    let mut records = log("web1,web2");
    let kind = HostEventKind::HoldWaiting {
        owner: "ann".parse().unwrap(),
        reason: String::new(),
        priority: 0,
    };
    let waiting = Event::of_host("web4".parse().unwrap(), kind);
    let end = records.last().unwrap().at;
    records.push(Record::new(end, waiting));
    let late = Event::of_host(
        "web3".parse().unwrap(),
        HostEventKind::MarkedDown { reason: String::new() },
    );
    records.push(Record::new(end + Duration::from_secs(1), late));
    let finding = found(&records);
    assert_eq!(finding.rule, BrokenRule::Idle, "{finding}");
    assert_eq!(finding.message, "ann could have held `web4`, and waits");
}

#[test]
fn a_release_of_what_nobody_holds_is_found() {
    let mut records = log("*");
    let kind = HostEventKind::Released {
        owner: "ann".parse().unwrap(),
        by: None,
        reason: String::new(),
    };
    before_the_last_start(&mut records, Event::of_host("web1".parse().unwrap(), kind));
    assert_eq!(found(&records).rule, BrokenRule::Log);
}
