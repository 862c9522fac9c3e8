//! Logs that are run once more: what was ordered is ordered again, and what followed from it follows again.

use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::fleet::Fleet;
use pogo_core::policy::Policy;
use pogo_core::scheduler::{JobEventKind, JobId, Order, Outcome, Record};
use pogo_core::sim::{Fault, History, World};

use crate::story::{at_most, on};

const JOB: JobId = JobId::new(1);

fn world(policy: Policy) -> World {
    World::new(Fleet::builder().tagged("web", "web[1-6]").build().unwrap(), policy).unwrap()
}

fn once_more(records: &[Record]) -> History {
    World::rerun(records).unwrap().run()
}

/// As a version wrote it that recorded no causes.
fn without_causes(records: &[Record]) -> Vec<Record> {
    let without = |record: &Record| {
        let mut line = serde_json::to_value(record).unwrap();
        line.as_object_mut().unwrap().remove("cause");
        serde_json::from_value(line).unwrap()
    };
    records.iter().map(without).collect()
}

#[test]
fn an_operator_may_halt_a_job_for_whatever_reason() {
    for reason in [
        "2 hosts failed, more than max_failures allows (1)",
        "ann: more hosts failed, more than max_failures allows, I think",
        "the job's time limit ran out",
    ] {
        let (job, reason) = (JOB, reason.to_owned());
        let mut world = world(at_most("1")).at(Timestamp::from_millis(2_500), Order::Halt { job }.because(reason));
        world.submit(on("*")).unwrap();
        let past = world.run();
        assert_eq!(past.records, once_more(&past.records).records);
        let is_halted = |record: &Record| matches!(record.event.job_kind(), Some(JobEventKind::Halted));
        assert!(past.records.iter().any(is_halted));
    }
}

#[test]
fn a_transport_may_say_of_a_doubt_whatever_it_likes() {
    let lost = Outcome::in_doubt("the dispatcher was restarted while it ran");
    let mut world = world(at_most("1"))
        .inject(&"web2".parse().unwrap(), &Fault::Always(lost))
        .unwrap();
    world.submit(on("*")).unwrap();
    let past = world.run();
    assert_eq!(past.records, once_more(&past.records).records);
}

#[test]
fn a_job_that_halted_by_itself_does_so_again_even_in_a_log_without_causes() {
    let over_budget = on("*").max_failures("1".parse().unwrap());
    let expired = on("*").job_timeout(Duration::from_millis(2_500));
    for spec in [over_budget, expired] {
        let mut world = world(at_most("3")).inject_everywhere(Fault::fails(1));
        world.submit(spec).unwrap();
        let past = world.run();
        assert_eq!(past.records, once_more(&past.records).records);
        assert_eq!(past.records, once_more(&without_causes(&past.records)).records);
    }
}

#[test]
fn a_crash_is_seen_even_in_a_log_without_causes() {
    let mut world = world(at_most("2")).crash(3, Duration::from_secs(30));
    world.submit(on("*")).unwrap();
    let past = world.run();
    assert_eq!(past.records, once_more(&past.records).records);
    assert_eq!(past.records, once_more(&without_causes(&past.records)).records);
}

#[test]
fn hosts_that_a_limit_ended_are_told_so_once() {
    let mut world = world(Policy::default()).inject_everywhere(Fault::times_out());
    world.submit(on("*")).unwrap();
    let past = world.run();
    assert_eq!(past.makespan(), Duration::from_secs(3_600));
    assert_eq!(past.records, once_more(&past.records).records);
}
