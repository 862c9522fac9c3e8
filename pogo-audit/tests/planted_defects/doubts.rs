//! Hosts in doubt that are freed or tried again too early.

use pogo_audit::{BrokenRule, audit};
use pogo_core::Timestamp;
use pogo_core::policy::OnDoubt;
use pogo_core::scheduler::{AttemptId, Event, FenceAnswer, HostEventKind, JobId, Outcome, Record, TaskEventKind};

use super::asking::{asking, permitted, started_as, then};
use super::{found, on};

/// A host in doubt after a permission, perhaps asked for the state of its attempt, and tried again without an order.
fn retried(host_lock: bool, asked: bool) -> Vec<Record> {
    let mut spec = on("web1");
    (spec.settings.on_doubt, spec.settings.retries) = (Some(OnDoubt::Retry), Some(1));
    let mut records = asking(spec);
    let attempt = AttemptId::new(1);
    then(&mut records, 0, "web1", permitted(1, host_lock));
    if asked {
        let answer = FenceAnswer::Ended(Outcome::in_doubt("nothing of it runs"));
        let reopens = false;
        then(
            &mut records,
            1,
            "web1",
            TaskEventKind::Fenced {
                attempt,
                answer,
                reopens,
            },
        );
    }
    let in_doubt = TaskEventKind::InDoubt {
        attempt,
        message: "the link broke".to_owned(),
        cause: None,
        output: None,
    };
    then(&mut records, 1, "web1", in_doubt);
    let retried = TaskEventKind::Retried {
        not_before: Timestamp::from_millis(1_000),
        ordered: false,
        after_connect: false,
    };
    then(&mut records, 1, "web1", retried);
    then(&mut records, 1, "web1", started_as(2));
    records
}

#[test]
fn a_doubt_that_is_retried_where_no_lock_keeps_attempts_apart_is_found() {
    audit(&retried(true, true)).unwrap();
    assert_eq!(found(&retried(false, true)).rule, BrokenRule::Once);
}

#[test]
fn a_doubtful_host_that_is_tried_again_without_its_word_is_found() {
    assert_eq!(found(&retried(true, false)).rule, BrokenRule::Doubt);
}

#[test]
fn a_slot_of_a_doubtful_host_that_is_freed_without_its_word_or_force_is_found() {
    let freed = |forced: Option<&str>| {
        let mut records = retried(true, false);
        records.truncate(records.len() - 2);
        let tally = records.last().cloned().unwrap();
        let host = "web1".parse().unwrap();
        let forced = forced.map(|reason| HostEventKind::FenceForced {
            reason: reason.to_owned(),
        });
        let events = forced
            .into_iter()
            .map(|kind| Event::of_host("web1".parse().unwrap(), kind));
        let skipped = Event::of_task(JobId::new(1), host, TaskEventKind::Skipped);
        records.extend(events.chain([skipped]).map(|event| Record::new(tally.at, event)));
        records
    };
    assert_eq!(found(&freed(None)).rule, BrokenRule::Doubt);
    assert_eq!(found(&freed(Some(" "))).rule, BrokenRule::Doubt, "nobody says why");
    let mut auditor = pogo_audit::Auditor::new();
    freed(Some("it was reinstalled"))
        .iter()
        .for_each(|record| auditor.check(record).unwrap());
}
