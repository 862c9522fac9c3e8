//! Attempts whose end is unknown, and attempts that are tried again.

use std::time::Duration;

use pogo_core::plan::JobSpec;
use pogo_core::policy::{OnDoubt, Policy};
use pogo_core::scheduler::{FailureKind, Input, JobStatus, Order, Outcome, TaskState};

use crate::story::{Story, at_most, on, web};

fn retried(retries: u32) -> JobSpec {
    on("*").retries(retries).retry_delay(Duration::ZERO)
}

#[test]
fn a_host_in_doubt_is_not_run_again_unless_the_policy_says_so() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(retried(5));
    assert_eq!(story.reports("a", Outcome::in_doubt("")), "");
    assert_eq!(story.state(1, "a"), TaskState::InDoubt);

    let mut story = Story::new(web("a"), Policy::default());
    story.submit(retried(1).on_doubt(OnDoubt::Retry));
    assert_eq!(story.reports("a", Outcome::in_doubt("")), "a");
    assert_eq!(story.reports("a", Outcome::in_doubt("")), "", "once is what it may");
}

#[test]
fn a_host_in_doubt_keeps_its_place() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("*"));
    assert_eq!(story.reports("a", Outcome::in_doubt("")), "");
    assert_eq!(story.status(1), JobStatus::Blocked);
}

#[test]
fn failures_to_connect_are_retried_apart_from_others() {
    let unreachable = || Outcome::failed(FailureKind::Unreachable, "");
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(retried(1).connect_retries(1));
    assert_eq!(story.reports("a", unreachable()), "a");
    assert_eq!(story.fails("a"), "a");
    assert_eq!(story.fails("a"), "");

    let mut story = Story::new(web("a"), Policy::default());
    story.submit(retried(0).connect_retries(2));
    assert_eq!(story.fails("a"), "", "a command that failed is no failure to connect");
}

#[test]
fn an_attempt_that_runs_out_of_time_is_cancelled_and_in_doubt_if_nobody_answers() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("*").attempt_timeout(Duration::from_secs(60)));
    story.waits(59);
    assert!(
        story
            .drill
            .scheduler()
            .job(pogo_core::scheduler::JobId::new(1))
            .is_some()
    );
    assert_eq!(story.state(1, "a"), TaskState::Running);
    story.waits(1);
    story.waits(29);
    assert_eq!(
        story.state(1, "a"),
        TaskState::Running,
        "the transport has half a minute to end it"
    );
    story.waits(1);
    assert_eq!(story.state(1, "a"), TaskState::InDoubt);
}

#[test]
fn whatever_ran_is_in_doubt_after_a_recovery_unless_it_was_settling() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.submit(on("*").settle(Duration::from_secs(60)));
    story.ends("a");
    story.handle(Input::Recover { resumed: vec![] }).unwrap();
    assert_eq!(story.state(1, "b"), TaskState::InDoubt);
    assert_eq!(story.state(1, "a"), TaskState::Running);
    story.waits(60);
    assert_eq!(story.state(1, "a"), TaskState::Succeeded);
}

#[test]
fn a_failed_host_tells_how_it_failed_until_it_is_retried() {
    let mut story = Story::new(web("a"), Policy::default());
    let job = pogo_core::scheduler::JobId::new(1);
    story.submit(on("*"));
    story.reports("a", Outcome::failed(FailureKind::Command { status: 3 }, "no"));
    let failure = |story: &Story| {
        let task = story.drill.scheduler().job(job).unwrap().tasks().next().unwrap();
        (task.attempts(), task.failure().map(ToString::to_string))
    };
    assert_eq!(failure(&story), (1, Some("command exited with 3: no".to_owned())));
    let hosts = crate::story::hosts("a");
    story
        .handle(Order::Retry {
            job,
            hosts,
            force: false,
        })
        .unwrap();
    assert_eq!(failure(&story), (2, None));
}

#[test]
fn an_attempt_that_goes_on_after_a_restart_is_not_in_doubt() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.submit(on("*"));
    let resumed = vec![story.attempt("a")];
    story.handle(Input::Recover { resumed }).unwrap();
    assert_eq!(story.state(1, "a"), TaskState::Running);
    assert_eq!(story.state(1, "b"), TaskState::InDoubt);
    story.ends("a");
    let resumed = vec![pogo_core::scheduler::AttemptId::new(1)];
    let refused = story.handle(Input::Recover { resumed }).unwrap_err();
    assert!(refused.to_string().contains("a1"), "{refused}");
}

#[test]
fn a_restart_reads_as_it_did_before_attempts_could_go_on() {
    let restart = Input::Recover { resumed: vec![] };
    assert_eq!(serde_json::to_string(&restart).unwrap(), r#"{"input":"recover"}"#);
    assert_eq!(
        serde_json::from_str::<Input>(r#"{"input":"recover"}"#).unwrap(),
        restart
    );
}
