//! Defects that are planted in logs, and what an audit says of them. The audits of random histories are with the
//! scheduler that wrote them: `pogo-core/tests/properties/audited.rs`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use pogo_audit::{BrokenRule, Finding, audit};
use pogo_core::Timestamp;
use pogo_core::fleet::Fleet;
use pogo_core::journal::{Epoch, OwnerId};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, OnDoubt, Policy, Rule, Sequence};
use pogo_core::scheduler::{
    AttemptId, CancelReason, Event, FenceAnswer, HostEventKind, JobEventKind, JobId, NamespaceEventKind, NeverBegan,
    Outcome, Record, TaskEventKind,
};
use pogo_core::sim::{Fault, TaskTimes, World};
use serde_json::{Value, json};

fn on(targets: &str) -> JobSpec {
    JobSpec::new(targets.parse().unwrap(), RemoteCommand::shell("true"))
}

fn at_most(hosts: &str) -> Policy {
    let limit = Constraint::new("$web".parse().unwrap(), Rule::MaxParallel(hosts.parse().unwrap()));
    Policy::new().constraint(limit)
}

fn world(policy: Policy) -> World {
    World::new(Fleet::builder().tagged("web", "web[1-4]").build().unwrap(), policy).unwrap()
}

/// The log of a job, which an audit accepts.
fn log(mut world: World, spec: JobSpec) -> Vec<Record> {
    world.submit(spec).unwrap();
    let records = world.run().records;
    audit(&records).unwrap();
    records
}

fn found(records: &[Record]) -> Finding {
    audit(records).unwrap_err()
}

/// As if the job had been submitted with this setting.
fn with_setting(records: &[Record], key: &str, value: &Value) -> Vec<Record> {
    let with = |record: &Record| {
        let mut line = serde_json::to_value(record).unwrap();
        if let Some(spec) = line.get_mut("spec") {
            spec[key] = value.clone();
        }
        serde_json::from_value(line).unwrap()
    };
    records.iter().map(with).collect()
}

fn started(record: &Record) -> bool {
    record.event.started().is_some()
}

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

/// The log with an order of a person at this moment: the scheduler was awake then.
fn with_somebody_there(mut records: Vec<Record>, before: usize, at: u64) -> Vec<Record> {
    let kind = HostEventKind::MarkedDown { reason: String::new() };
    let event = Event::of_host("web4".parse().unwrap(), kind);
    records.insert(before, Record::new(Timestamp::from_millis(at), event));
    records
}

#[test]
fn attempts_and_jobs_beyond_their_time_limits_are_found() {
    let minute = TaskTimes::Fixed(Duration::from_secs(60));
    let records = log(world(at_most("1")).task_times(minute), on("*"));
    let limited = with_setting(&records, "attempt_timeout", &json!(20_000));
    // Nobody need have been there: a dispatcher that is suspended records an end when it goes on.
    let succeeded = |record: &Record| matches!(record.event.task_kind(), Some(TaskEventKind::Succeeded { .. }));
    let end = limited.iter().position(succeeded).unwrap();
    audit(&limited[..=end]).unwrap();
    let attempt = found(&with_somebody_there(limited, end, 40_000));
    assert_eq!(attempt.rule, BrokenRule::Time);
    let said = "a1 of job-1 has run for 40s, and the time limit of an attempt is 20s";
    assert_eq!(attempt.message, said);
    let job = found(&with_setting(&records, "job_timeout", &json!(150_000)));
    assert_eq!(job.rule, BrokenRule::Time);
    assert_eq!(job.message, "job-1 has gone on for 3m, and its time limit is 2m 30s");
}

#[test]
fn an_attempt_that_is_never_given_up_is_found() {
    let hanging = world(Policy::default())
        .inject(&"web1".parse().unwrap(), &Fault::times_out())
        .unwrap();
    let limited = on("web1").attempt_timeout(Duration::from_secs(5));
    let mut records = log(hanging, limited);
    let ends = records
        .iter()
        .position(|record| matches!(record.event.task_kind(), Some(TaskEventKind::Failed { .. })))
        .unwrap();
    for record in &mut records[ends..] {
        record.at = record.at + Duration::from_secs(60);
    }
    let finding = found(&with_somebody_there(records, ends, 40_000));
    assert_eq!(finding.rule, BrokenRule::Time, "{finding}");
    assert!(finding.message.contains("was cancelled"), "{finding}");
}

#[test]
fn a_cancelled_attempt_is_given_up_unless_its_host_may_be_asked() {
    let cancelled = |on_doubt, taken_over| {
        let mut records = asking(on("web[1-2]").on_doubt(on_doubt));
        then(&mut records, 1, "web1", permitted(1, true));
        let (attempt, reopens) = (AttemptId::new(1), false);
        let reason = CancelReason::AttemptTimeout;
        then(
            &mut records,
            2,
            "web1",
            TaskEventKind::CancelRequested { attempt, reason },
        );
        if taken_over {
            let (owner, epoch, from) = (OwnerId("another".into()), Epoch(2), None);
            let event = Event::of_namespace(NamespaceEventKind::OwnerChanged { owner, epoch, from });
            records.push(Record::new(Timestamp::from_millis(3_000), event));
        }
        for seconds in [40, 41] {
            let answer = FenceAnswer::unreachable("no route");
            let kind = TaskEventKind::Fenced {
                attempt,
                answer,
                reopens,
            };
            then(&mut records, seconds, "web1", kind);
        }
        audit(&records).map(drop)
    };
    let finding = cancelled(OnDoubt::Fail, false).unwrap_err();
    assert_eq!(finding.rule, BrokenRule::Time, "{finding}");
    cancelled(OnDoubt::Fail, true).unwrap();
    cancelled(OnDoubt::Retry, false).unwrap();
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

#[test]
fn findings_are_sentences() {
    let mut records = log(world(at_most("1")), on("*"));
    let paused = Event::of_job(pogo_core::scheduler::JobId::new(1), JobEventKind::Paused);
    let last = records.iter().rposition(started).unwrap();
    let at = records[last].at;
    records.insert(last, Record::new(at, paused));
    assert_eq!(found(&records).message, "`web4` starts although the job is paused");
    let finished = records
        .iter()
        .position(|record| matches!(record.event.job_kind(), Some(JobEventKind::Finished { .. })));
    let end = records[finished.unwrap()].clone();
    records.truncate(5);
    records.push(end);
    let message = found(&records).message;
    assert_eq!(
        message,
        "job-1 is running (2 waiting, 1 running, 1 done), which does not lead to this"
    );
}

/// A log of two hosts, one at a time, whose attempts ask: up to the start of the first.
fn asking(spec: JobSpec) -> Vec<Record> {
    let mut world = world(at_most("1")).asks_permission();
    world.submit(spec).unwrap();
    world.history().records
}

/// Adds what happens to a host, so many seconds after the start.
fn then(records: &mut Vec<Record>, seconds: u64, host: &str, kind: TaskEventKind) {
    let event = Event::of_task(JobId::new(1), host.parse().unwrap(), kind);
    records.push(Record::new(Timestamp::from_millis(1_000 * seconds), event));
}

fn started_as(number: u64) -> TaskEventKind {
    TaskEventKind::Started {
        attempt: AttemptId::new(number),
        asks_permission: true,
    }
}

fn permitted(number: u64, host_lock: bool) -> TaskEventKind {
    let attempt = AttemptId::new(number);
    let fences = true;
    TaskEventKind::Permitted {
        attempt,
        host_lock,
        fences,
    }
}

/// The first host is busy for five seconds, in which the second has its turn.
fn busy_at_first() -> Vec<Record> {
    let mut records = asking(on("web[1-2]"));
    let never_began = TaskEventKind::NeverBegan {
        attempt: AttemptId::new(1),
        reason: NeverBegan::Busy,
        message: String::new(),
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

/// A host in doubt after a permission, perhaps asked what became of its attempt, and tried again without an order.
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
