//! Attempts and jobs that last longer than they may.

use std::time::Duration;

use pogo_audit::{BrokenRule, audit};
use pogo_core::Timestamp;
use pogo_core::journal::{Epoch, OwnerId};
use pogo_core::policy::{OnDoubt, Policy};
use pogo_core::scheduler::{
    AttemptId, CancelReason, Event, FenceAnswer, HostEventKind, NamespaceEventKind, Record, TaskEventKind,
};
use pogo_core::sim::{Fault, TaskTimes};
use serde_json::json;

use super::asking::{asking, permitted, then};
use super::{at_most, found, log, on, with_setting, world};

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
