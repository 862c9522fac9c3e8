//! Hosts that start too early, too late, or not at all.

use std::time::Duration;

use pogo_audit::BrokenRule;
use pogo_core::Timestamp;
use pogo_core::policy::{Policy, Sequence};
use pogo_core::scheduler::{Event, HostEventKind, NamespaceEventKind, Record};
use pogo_core::sim::Fault;
use serde_json::json;

use super::{at_most, found, log, on, started, with_setting, world};

/// The last start happens half a second later.
fn delay_the_last_start(records: &mut Vec<Record>) {
    let at = records.iter().rposition(started).unwrap();
    let mut late = records.remove(at);
    late.at = late.at + Duration::from_millis(500);
    let to = records
        .iter()
        .position(|record| record.at > late.at)
        .unwrap_or(records.len());
    records.insert(to, late);
}

#[test]
fn a_host_that_waits_and_could_start_is_found() {
    for policy in [Policy::default(), at_most("1"), at_most("3")] {
        let mut records = log(world(policy), on("*"));
        delay_the_last_start(&mut records);
        let finding = found(&records);
        assert_eq!(finding.rule, BrokenRule::Idle, "{finding}");
        assert!(
            finding.message.contains("`web4` of job-1 could have started at"),
            "{finding}"
        );
    }
}

#[test]
fn a_host_that_waits_behind_a_stage_that_is_complete_is_found() {
    let stages = ["web[1-3]", "web4"].map(|stage| stage.parse().unwrap());
    let policy = Policy::new().sequence(Sequence::new("in order", stages));
    let mut records = log(world(policy), on("*"));
    delay_the_last_start(&mut records);
    assert_eq!(found(&records).rule, BrokenRule::Idle);
}

#[test]
fn a_host_that_is_tried_again_too_late_is_found() {
    let retried = on("web1,web2").retries(1).retry_delay(Duration::from_secs(5));
    let first = Fault::First {
        attempts: 1,
        outcome: pogo_core::scheduler::Outcome::failed(pogo_core::scheduler::FailureKind::Command { status: 1 }, ""),
    };
    let mut records = log(world(at_most("1")).inject_everywhere(first), retried);
    delay_the_last_start(&mut records);
    // Somebody was there at the moment of the delay's end, and did nothing.
    let late = records.iter().rposition(started).unwrap();
    let (at, event) = (
        records[late].at,
        Event::of_host(
            "web4".parse().unwrap(),
            HostEventKind::MarkedDown { reason: String::new() },
        ),
    );
    let at = Timestamp::from_millis(at.as_millis() - 250);
    records.insert(late, Record::new(at, event));
    assert_eq!(found(&records).rule, BrokenRule::Idle);
}

#[test]
fn a_job_that_goes_on_although_too_many_have_failed_is_found() {
    let failing = world(Policy::default())
        .inject(&"web[1-2]".parse().unwrap(), &Fault::fails(1))
        .unwrap()
        .inject(&"web[3-4]".parse().unwrap(), &Fault::Slow(Duration::from_secs(5)))
        .unwrap();
    let spec = on("*").max_failures("2".parse().unwrap());
    let finding = found(&with_setting(&log(failing, spec), "max_failures", &json!("1")));
    assert_eq!(finding.rule, BrokenRule::Failures, "{finding}");
    let said = "job-1 goes on although 2 of its hosts failed, and 1 may";
    assert_eq!(finding.message, said);
}

#[test]
fn a_start_on_a_frozen_host_is_found() {
    let mut records = log(world(at_most("1")), on("*"));
    let last = records.iter().rposition(started).unwrap();
    let event = Event::of_namespace(NamespaceEventKind::HostsFrozen {
        hosts: "$web & !web1".parse().unwrap(),
        by: "ann".to_owned(),
        reason: "the sale".to_owned(),
    });
    let at = records[last - 1].at;
    records.insert(last, Record::new(at, event));
    let finding = found(&records);
    assert_eq!(finding.rule, BrokenRule::Frozen, "{finding}");
    assert_eq!(finding.message, "`web4` starts although ann has frozen `$web & !web1`");
}
