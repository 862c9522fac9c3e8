//! The invariants themselves can fail, and say why.

use std::sync::Arc;

use super::invariants::{assert_never_more_than, assert_once, assert_order, assert_stays_available};
use crate::Timestamp;
use crate::fleet::HostName;
use crate::plan::{JobSpec, RemoteCommand};
use crate::scheduler::{AttemptId, Event, HostEventKind, JobEventKind, JobId, Record, TaskEventKind};

fn host(name: &str) -> HostName {
    name.parse().unwrap()
}

fn started(name: &str, attempt: u64) -> Record {
    let (job, attempt) = (JobId::new(1), AttemptId::new(attempt));
    at(Event::of_task(
        job,
        host(name),
        TaskEventKind::Started {
            attempt,
            asks_permission: false,
        },
    ))
}

fn succeeded(name: &str, attempt: u64) -> Record {
    let (job, attempt) = (JobId::new(1), AttemptId::new(attempt));
    at(Event::of_task(
        job,
        host(name),
        TaskEventKind::Succeeded { attempt, output: None },
    ))
}

fn at(event: Event) -> Record {
    Record::new(Timestamp::EPOCH, event)
}

#[test]
fn a_success_makes_room() {
    let records = [started("a", 1), succeeded("a", 1), started("b", 2)];
    assert_never_more_than(&records, &[host("a"), host("b")], 1);
    assert_stays_available(&records, &[host("a"), host("b")], 1);
    assert_once(&records);
}

#[test]
#[should_panic(expected = "2 of a,b run at once, more than 1: a,b\nrecord 1: {\"at\":0,\"event\":\"task_started\"")]
fn one_too_many_is_named() {
    assert_never_more_than(&[started("a", 1), started("b", 2)], &[host("a"), host("b")], 1);
}

#[test]
#[should_panic(expected = "b is taken out of service although 1 of a,b are unavailable, and 1 may be: a")]
fn a_host_marked_down_counts() {
    let down = Event::of_host(host("a"), HostEventKind::MarkedDown { reason: String::new() });
    assert_stays_available(&[at(down), started("b", 1)], &[host("a"), host("b")], 1);
}

#[test]
#[should_panic(expected = "a runs a1 of job-1 and is started again")]
fn two_attempts_at_once_are_named() {
    assert_once(&[started("a", 1), started("a", 2)]);
}

#[test]
#[should_panic(expected = "a is done in job-1 and runs again")]
fn a_second_run_is_named() {
    assert_once(&[started("a", 1), succeeded("a", 1), started("a", 2)]);
}

#[test]
#[should_panic(expected = "ends on b without having begun there")]
fn an_end_without_a_beginning_is_named() {
    assert_once(&[started("a", 1), succeeded("b", 1)]);
}

fn submitted(names: &[&str]) -> Record {
    let hosts = names.iter().map(|name| host(name)).collect();
    let spec = Arc::new(JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true")));
    let retry_of = None;
    at(Event::of_job(
        JobId::new(1),
        JobEventKind::Submitted { spec, hosts, retry_of },
    ))
}

fn skipped(name: &str) -> Record {
    at(Event::of_task(JobId::new(1), host(name), TaskEventKind::Skipped))
}

fn failed(name: &str, attempt: u64) -> Record {
    let (job, attempt) = (JobId::new(1), AttemptId::new(attempt));
    at(Event::of_task(
        job,
        host(name),
        TaskEventKind::InDoubt {
            attempt,
            message: String::new(),
            cause: None,
            output: None,
        },
    ))
}

#[test]
fn later_hosts_start_when_earlier_ones_are_done_or_skipped_or_not_in_the_job() {
    let earlier = [host("a"), host("b"), host("elsewhere")];
    let done = [started("a", 1), succeeded("a", 1), skipped("b"), started("c", 2)];
    let records = [&[submitted(&["a", "b", "c"])], &done[..]].concat();
    assert_order(&records, &earlier, &[host("c")]);
}

#[test]
#[should_panic(expected = "c starts before b of job-1 is done\nrecord 3")]
fn a_start_before_its_turn_is_named() {
    let records = [
        submitted(&["a", "b", "c"]),
        started("a", 1),
        succeeded("a", 1),
        started("c", 2),
    ];
    assert_order(&records, &[host("a"), host("b")], &[host("c")]);
}

#[test]
#[should_panic(expected = "c starts before a of job-1 is done")]
fn a_failed_host_is_not_done() {
    let records = [submitted(&["a", "c"]), started("a", 1), failed("a", 1), started("c", 2)];
    assert_order(&records, &[host("a")], &[host("c")]);
}

#[test]
fn a_host_that_failed_may_be_repaired() {
    let records = [started("a", 1), failed("a", 1), started("a", 2)];
    assert_stays_available(&records, &[host("a"), host("b")], 1);
}

#[test]
#[should_panic(expected = "b is taken out of service although 1 of a,b are unavailable")]
fn a_host_that_failed_keeps_its_place() {
    assert_stays_available(
        &[started("a", 1), failed("a", 1), started("b", 2)],
        &[host("a"), host("b")],
        1,
    );
}
