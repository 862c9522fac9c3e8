//! What runs without permission, and slots of what never began.

use pogo_audit::{BrokenRule, audit};
use pogo_core::Timestamp;
use pogo_core::scheduler::{AttemptId, Event, JobEventKind, JobId, NeverBegan, Record, TaskEventKind};

use super::asking::{asking, permitted, started_as, then};
use super::{found, on};

/// The first host is busy for five seconds, in which the second has its turn.
fn busy_at_first() -> Vec<Record> {
    let mut records = asking(on("web[1-2]"));
    let never_began = TaskEventKind::NeverBegan {
        attempt: AttemptId::new(1),
        reason: NeverBegan::Busy,
        message: String::new(),
        holder: None,
        not_before: Timestamp::from_millis(5_000),
    };
    then(&mut records, 0, "web1", never_began);
    then(&mut records, 0, "web2", started_as(2));
    then(&mut records, 0, "web2", permitted(2, true));
    let attempt = AttemptId::new(2);
    then(
        &mut records,
        1,
        "web2",
        TaskEventKind::Succeeded { attempt, output: None },
    );
    then(&mut records, 5, "web1", started_as(3));
    audit(&records).unwrap();
    records
}

#[test]
fn what_runs_without_permission_is_found() {
    let mut records = busy_at_first();
    records.retain(|record| !matches!(record.event.task_kind(), Some(TaskEventKind::Permitted { .. })));
    let finding = found(&records);
    assert_eq!(finding.rule, BrokenRule::Permission, "{finding}");
    assert!(finding.message.ends_with("was not permitted to begin"), "{finding}");
}

#[test]
fn a_host_key_of_an_attempt_that_does_not_run_is_found() {
    let recorded = |attempt| TaskEventKind::HostKeyRecorded {
        attempt: AttemptId::new(attempt),
    };
    let mut records = busy_at_first();
    then(&mut records, 5, "web1", recorded(3));
    audit(&records).unwrap();
    then(&mut records, 5, "web1", recorded(2));
    assert_eq!(found(&records).rule, BrokenRule::Log);
}

#[test]
fn a_permission_that_a_paused_job_gives_is_found() {
    let mut records = busy_at_first();
    let at = records.len();
    let paused = Event::of_job(JobId::new(1), JobEventKind::Paused);
    records.push(Record::new(Timestamp::from_millis(5_000), paused));
    then(&mut records, 5, "web1", permitted(3, true));
    let finding = found(&records);
    assert_eq!(
        (finding.rule, finding.position),
        (BrokenRule::Permission, at + 1),
        "{finding}"
    );
}

#[test]
fn a_slot_that_what_never_began_does_not_give_back_is_found() {
    let mut records = busy_at_first();
    records.retain(|record| record.event.host().is_none_or(|host| host.as_str() != "web2"));
    let paused = Event::of_job(JobId::new(1), JobEventKind::Paused);
    records.truncate(records.len() - 1);
    records.push(Record::new(Timestamp::from_millis(1_000), paused));
    assert_eq!(
        found(&records).rule,
        BrokenRule::Idle,
        "the other host could have started"
    );
}
