//! How long attempts and jobs may take, and what is said of those that take longer.

use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::journal::replay;
use pogo_core::policy::{JobSettings, Policy};
use pogo_core::scheduler::{Event, FailureKind, Input, JobId, Order, Outcome, Record, TaskEventKind};

use crate::story::{Story, on, web};

const JOB: JobId = JobId::new(1);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The hosts of which this was said, with the second.
fn said(story: &Story, is: fn(&Event) -> bool) -> Vec<(u64, String)> {
    let records = story.drill.records().iter();
    records
        .filter(|record| is(&record.event))
        .map(|record| (record.at.as_millis() / 1_000, record.event.host().unwrap().to_string()))
        .collect()
}

fn slow(story: &Story) -> Vec<(u64, String)> {
    said(story, |event| {
        matches!(event.task_kind(), Some(TaskEventKind::Slow { .. }))
    })
}

fn cancellations(story: &Story) -> Vec<(u64, String)> {
    said(story, |event| {
        matches!(event.task_kind(), Some(TaskEventKind::CancelRequested { .. }))
    })
}

/// What was said of the end of a host.
fn message(story: &Story, host: &str) -> String {
    let ends = story.drill.records().iter().rev();
    let message = ends
        .filter(|record| record.event.host().is_some_and(|on| on.as_str() == host))
        .find_map(|record| match record.event.task_kind() {
            Some(TaskEventKind::Failed { failure, .. }) => Some(failure.message.clone()),
            Some(TaskEventKind::InDoubt { message, .. }) => Some(message.clone()),
            _ => None,
        });
    message.unwrap()
}

#[test]
fn an_attempt_may_take_an_hour() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("a"));
    story.waits(3_599);
    assert_eq!(cancellations(&story), []);
    story.waits(1);
    assert_eq!(cancellations(&story), [(3_600, "a".to_owned())]);
}

#[test]
fn a_host_that_takes_ten_minutes_is_slow_once_and_goes_on() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.submit(on("*"));
    story.waits(300);
    story.ends("a");
    assert_eq!(
        story.drill.scheduler().next_timeout(),
        Some(Timestamp::from_millis(600_000))
    );
    story.waits(300);
    story.waits(1_000);
    assert_eq!(slow(&story), [(600, "b".to_owned())]);
    assert_eq!(story.ends("b"), "");
}

#[test]
fn a_host_that_settles_or_was_told_to_end_is_not_slow() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.submit(on("a").settle(seconds(500)));
    story.submit(on("b").attempt_timeout(seconds(590)));
    story.waits(590);
    story.ends("a");
    story.waits(15);
    assert_eq!(cancellations(&story), [(590, "b".to_owned())]);
    assert_eq!(slow(&story), []);
}

#[test]
fn when_a_host_is_slow_is_said_by_the_job_or_the_policy_and_zero_is_never() {
    let defaults = JobSettings::new().slow_after(seconds(60));
    let policy = Policy::new().defaults(defaults);
    let mut story = Story::new(web("a,b,c"), policy);
    story.submit(on("a"));
    for (host, after) in [("b", 30), ("c", 0)] {
        story.submit(on(host).slow_after(seconds(after)));
    }
    story.waits(30);
    story.waits(30);
    story.waits(3_000);
    assert_eq!(slow(&story), [(30, "b".to_owned()), (60, "a".to_owned())]);
}

#[test]
fn when_a_host_is_slow_can_be_altered_while_it_runs() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("a"));
    story.waits(100);
    let alter = |story: &mut Story, after| {
        let change = JobSettings::new().slow_after(seconds(after)).into();
        story.handle(Order::Alter { job: JOB, change }).unwrap();
    };
    alter(&mut story, 0);
    story.waits(1_000);
    assert_eq!(slow(&story), []);
    alter(&mut story, 1_000);
    assert_eq!(slow(&story), [(1_100, "a".to_owned())]);
}

const ATTEMPT: &str = "after 1h by the time limit of an attempt (attempt_timeout / --timeout)";

#[test]
fn a_host_that_the_limit_of_an_attempt_ended_is_told_which_limit_and_which_setting() {
    let timeout = |message: &str| Outcome::failed(FailureKind::Timeout, message);
    let mut story = Story::new(web("a,b,c,d"), Policy::default());
    story.submit(on("*"));
    // A transport may notice before it is cancelled.
    story.reports("a", timeout("the command was ended"));
    story.waits(3_600);
    story.reports("b", timeout(""));
    story.reports("c", Outcome::in_doubt("the link broke"));
    story.waits(30);
    assert_eq!(message(&story, "a"), format!("ended {ATTEMPT}; the command was ended"));
    assert_eq!(message(&story, "b"), format!("ended {ATTEMPT}"));
    assert_eq!(message(&story, "c"), format!("told to end {ATTEMPT}; the link broke"));
    assert_eq!(
        message(&story, "d"),
        format!("told to end {ATTEMPT}; it was told to end, and no answer came")
    );
}

#[test]
fn a_host_that_the_limit_of_its_job_ended_is_told_so() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.submit(on("*").job_timeout(seconds(5_400)).attempt_timeout(seconds(7_200)));
    story.waits(5_400);
    let signal = "TERM".to_owned();
    story.reports("a", Outcome::failed(FailureKind::Signal { signal }, ""));
    story.fails("b");
    let limit = "ended by the time limit of the job, 1h 30m (job_timeout / --job-timeout)";
    assert_eq!(message(&story, "a"), limit);
    assert_eq!(message(&story, "b"), "", "it failed by itself");
}

/// As a version wrote it that did not store defaults with a job.
fn former(records: &[Record]) -> Vec<Record> {
    let without = |record: &Record| {
        let mut line = serde_json::to_value(record).unwrap();
        if let Some(spec) = line.get_mut("spec").and_then(|spec| spec.as_object_mut()) {
            spec.remove("attempt_timeout");
            spec.remove("slow_after");
        }
        serde_json::from_value(line).unwrap()
    };
    records.iter().map(without).collect()
}

#[test]
fn a_job_of_an_old_log_has_the_limits_that_it_had() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("a"));
    let mut scheduler = replay(&former(story.drill.records())).unwrap();
    scheduler.handle(Timestamp::EPOCH, Input::Tick).unwrap();
    assert_eq!(scheduler.next_timeout(), Some(Timestamp::from_millis(600_000)));
    let events = scheduler.handle(Timestamp::from_millis(600_000), Input::Tick).unwrap();
    assert!(
        events.len() == 1 && matches!(events[0].task_kind(), Some(TaskEventKind::CancelRequested { .. })),
        "{events:?}"
    );
}

#[test]
fn a_policy_of_another_day_does_not_change_the_limits_of_a_job() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("a"));
    let defaults = JobSettings::new().attempt_timeout(seconds(60)).slow_after(seconds(30));
    let policy = Policy::new().defaults(defaults);
    story.configure(web("a"), policy);
    let mut replayed = story.drill.replayed();
    for drill in [&mut story.drill, &mut replayed] {
        drill.handle(Input::Tick).unwrap();
        assert_eq!(drill.scheduler().next_timeout(), Some(Timestamp::from_millis(600_000)));
    }
}
