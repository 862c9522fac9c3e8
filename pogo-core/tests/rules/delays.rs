//! Delays before a retry, and what happens while they pass.

use std::sync::Arc;
use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::plan::JobSpec;
use pogo_core::policy::Policy;
use pogo_core::scheduler::{
    AttemptId, Blocker, FailureKind, Input, JobId, JobStatus, Order, Outcome, Scheduler, TaskState,
};

use crate::story::{Story, at_most, host, hosts, on, web};

fn retried_after(seconds: u64) -> JobSpec {
    let retry_delay = Duration::from_secs(seconds);
    on("*").retries(1).retry_delay(retry_delay)
}

#[test]
fn a_host_whose_delay_has_passed_starts_when_another_job_gives_it_back() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(retried_after(10));
    assert_eq!(story.fails("a"), "");
    assert_eq!(story.submit(on("a")), "a", "the delay leaves the host to the other job");
    assert_eq!(story.waits(60), "");
    assert_eq!(story.ends("a"), "a");
}

#[test]
fn a_host_marked_up_after_its_delay_needs_a_place_like_any_other() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(retried_after(10));
    assert_eq!(story.fails("a"), "", "the failed host holds the only slot");
    story.handle(Order::Pause { job: JobId::new(1) }).unwrap();
    assert_eq!(story.waits(60), "");
    let reason = String::new();
    story
        .handle(
            Order::MarkUp {
                host: host("a"),
                force: false,
            }
            .because(reason.clone()),
        )
        .unwrap();
    story
        .handle(Order::MarkDown { host: host("b") }.because(reason))
        .unwrap();
    assert_eq!(
        story.handle(Order::Resume { job: JobId::new(1) }).unwrap(),
        "b",
        "only the repair is allowed"
    );
}

#[test]
fn a_delay_that_has_passed_does_not_hide_that_the_job_is_blocked() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(retried_after(10));
    story.fails("a");
    story.handle(Order::Pause { job: JobId::new(1) }).unwrap();
    story.waits(60);
    story.configure(web("a,b"), at_most("0"));
    story.handle(Order::Resume { job: JobId::new(1) }).unwrap();
    assert_eq!(story.status(1), JobStatus::Blocked);
}

#[test]
fn when_the_delay_is_over_it_is_no_longer_a_reason() {
    let (fleet, job) = (Arc::new(web("a").build().unwrap()), JobId::new(1));
    let mut scheduler = Scheduler::new();
    let configure = |slots| Order::Configure {
        fleet: Arc::clone(&fleet),
        policy: Arc::new(at_most(slots)),
    };
    let start = Timestamp::EPOCH;
    scheduler.handle(start, configure("1")).unwrap();
    let spec = Arc::new(retried_after(10));
    scheduler.handle(start, Order::Submit { job: Some(job), spec }).unwrap();
    let (attempt, outcome) = (AttemptId::new(1), Outcome::failed(FailureKind::Unreachable, ""));
    scheduler
        .handle(
            start,
            Input::Reported {
                attempt,
                outcome,
                output: None,
            },
        )
        .unwrap();
    scheduler.handle(start, configure("0")).unwrap();
    assert!(matches!(
        scheduler.explain(job, "a").unwrap()[0].blocker,
        Blocker::Backoff { .. }
    ));
    let over = scheduler.next_timeout().unwrap();
    scheduler.handle(over, Input::Tick).unwrap();
    assert_eq!(scheduler.job(job).unwrap().status(), JobStatus::Blocked);
    let why = scheduler.explain(job, "a").unwrap();
    assert_eq!(why.len(), 1, "{why:?}");
    assert!(matches!(why[0].blocker, Blocker::BucketFull { .. }), "{why:?}");
}

#[test]
fn an_ordered_retry_leaves_no_delay_behind() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("*"));
    story.fails("a");
    let (job, retried) = (JobId::new(1), hosts("a"));
    story.handle(Order::Pause { job }).unwrap();
    story
        .handle(Order::Retry {
            job,
            hosts: retried,
            force: false,
        })
        .unwrap();
    let stored = serde_json::to_string(&story.drill.scheduler().snapshot()).unwrap();
    assert!(!stored.contains("backoffs"), "{stored}");
}

#[test]
fn an_aborted_job_tries_nothing_again_that_was_being_ended_before() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(retried_after(10).attempt_timeout(Duration::from_secs(5)));
    story.waits(6);
    let (job, reason) = (JobId::new(1), String::new());
    story.handle(Order::Abort { job }.because(reason)).unwrap();
    story.fails("a");
    assert_eq!(story.state(1, "a"), TaskState::Failed);
    assert_eq!(story.status(1), JobStatus::Finished);
}

/// For how many seconds a host waits after each of these failures, one after the other.
fn waits_of(spec: JobSpec, outcomes: impl IntoIterator<Item = Outcome>) -> Vec<u64> {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(spec);
    let waits = outcomes.into_iter().map(|outcome| {
        let scheduler = |story: &Story| story.drill.scheduler().now();
        let failed = scheduler(&story);
        story.reports("a", outcome);
        let due = story.drill.scheduler().next_timeout().unwrap();
        let wait = due - failed;
        story.waits(wait.as_secs() + 1);
        wait.as_secs()
    });
    waits.collect()
}

fn failed() -> Outcome {
    Outcome::failed(FailureKind::Command { status: 1 }, "")
}

#[test]
fn each_delay_is_as_many_times_the_one_before_as_the_backoff_says() {
    let spec = on("*").retries(4).retry_delay(Duration::from_secs(10)).retry_backoff(3);
    let waits = waits_of(spec, (0..4).map(|_| failed()));
    for (wait, delay) in waits.iter().zip([10, 30, 90, 270]) {
        assert!(
            (delay..=delay * 3 / 2).contains(wait),
            "{waits:?}: half as much again is jitter"
        );
    }
}

#[test]
fn retries_of_connecting_count_for_the_backoff_too() {
    let spec = on("*")
        .retries(1)
        .connect_retries(1)
        .retry_delay(Duration::from_secs(10))
        .retry_backoff(10);
    let waits = waits_of(spec, [Outcome::failed(FailureKind::Unreachable, ""), failed()]);
    assert!(
        (10..=15).contains(&waits[0]) && (100..=150).contains(&waits[1]),
        "{waits:?}"
    );
}

#[test]
fn a_delay_grows_to_an_hour_and_no_further() {
    let spec = on("*")
        .retries(40)
        .retry_delay(Duration::from_secs(1_000))
        .retry_backoff(u32::MAX);
    let waits = waits_of(spec, (0..3).map(|_| failed()));
    assert!(
        waits[1..].iter().all(|wait| (3_600..=5_400).contains(wait)),
        "{waits:?}"
    );
    let longer = on("*")
        .retries(2)
        .retry_delay(Duration::from_secs(7_200))
        .retry_backoff(2);
    let waits = waits_of(longer, (0..2).map(|_| failed()));
    assert!(waits.iter().all(|wait| (7_200..=10_800).contains(wait)), "{waits:?}");
}

#[test]
fn an_order_to_retry_starts_the_backoff_afresh() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(
        on("*")
            .retries(1)
            .retry_delay(Duration::from_secs(10))
            .retry_backoff(10),
    );
    story.fails("a");
    assert_eq!(story.waits(15), "a");
    story.fails("a");
    let retry = Order::Retry {
        job: JobId::new(1),
        hosts: hosts("a"),
        force: false,
    };
    assert_eq!(story.handle(retry).unwrap(), "a");
    story.fails("a");
    assert_eq!(story.waits(15), "a");
}

#[test]
fn a_backoff_of_zero_is_refused() {
    let mut story = Story::new(web("a"), Policy::default());
    let spec = Arc::new(on("*").retry_backoff(0));
    let job = JobId::new(1);
    let refused = story
        .handle(Order::Submit { job: Some(job), spec })
        .unwrap_err()
        .to_string();
    assert!(refused.contains("give 1"), "{refused}");
}
