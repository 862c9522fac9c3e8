//! A job's own limits.

use std::time::Duration;

use pogo_core::policy::{JobSettings, Limit, Policy};
use pogo_core::scheduler::{InputError, JobId, JobStatus, Order, TaskState};

use crate::story::{Story, hosts, on, web};

#[test]
fn a_job_is_not_altered_to_limits_under_which_nothing_can_run() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("*"));
    let nothing = [
        JobSettings::new().max_parallel(Limit::Count(0)).into(),
        JobSettings::new().attempt_timeout(std::time::Duration::ZERO).into(),
    ];
    for change in nothing {
        let result = story.handle(Order::Alter {
            job: JobId::new(1),
            change,
        });
        assert!(matches!(result, Err(InputError::Plan(_))), "{result:?}");
    }
}

#[test]
fn a_job_that_is_altered_to_allow_fewer_failures_than_it_has_halts_at_once() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    story.submit(on("*").max_parallel("1".parse().unwrap()));
    assert_eq!(story.fails("a"), "b");
    let change = JobSettings::new().max_failures(Limit::Count(0)).into();
    story
        .handle(Order::Alter {
            job: JobId::new(1),
            change,
        })
        .unwrap();
    assert_eq!(story.status(1), JobStatus::Halting);
    assert_eq!(story.ends("b"), "");
    assert_eq!(
        story.handle(Order::Resume { job: JobId::new(1) }).unwrap(),
        "c",
        "the operator accepts the failure"
    );
}

#[test]
fn a_finished_job_whose_time_is_over_can_be_retried() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("*").job_timeout(Duration::from_secs(60)));
    story.fails("a");
    assert_eq!(story.status(1), JobStatus::Finished);
    story.waits(100);
    let retry = Order::Retry {
        job: JobId::new(1),
        hosts: hosts("a"),
        force: false,
    };
    assert_eq!(story.handle(retry).unwrap(), "a");
    assert_eq!(story.waits(100), "");
    story.ends("a");
    assert_eq!(story.state(1, "a"), TaskState::Succeeded);
}

#[test]
fn a_time_limit_that_is_altered_after_a_retry_binds_again() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("*").job_timeout(Duration::from_secs(60)));
    story.fails("a");
    story.waits(100);
    let job = JobId::new(1);
    story
        .handle(Order::Retry {
            job,
            hosts: hosts("a"),
            force: false,
        })
        .unwrap();
    let change = JobSettings::new().job_timeout(Duration::from_secs(200)).into();
    story.handle(Order::Alter { job, change }).unwrap();
    assert_eq!(story.status(1), JobStatus::Running);
    story.waits(100);
    assert_eq!(story.status(1), JobStatus::Halting);
}

#[test]
fn a_job_that_goes_on_after_an_abort_retries_again_by_itself() {
    let mut story = Story::new(web("a,b"), Policy::default());
    let job = JobId::new(1);
    let retry_delay = Duration::ZERO;
    story.submit(on("*").retries(1).retry_delay(retry_delay));
    story.handle(Order::Abort { job }.because(String::new())).unwrap();
    story.fails("a");
    story.handle(Order::Resume { job }).unwrap();
    let retry = Order::Retry {
        job,
        hosts: hosts("a"),
        force: false,
    };
    assert_eq!(story.handle(retry).unwrap(), "a");
    assert_eq!(story.fails("a"), "a");
}
