//! A change of fleet or policy under running jobs, and hosts that leave.

use pogo_core::plan::JobSpec;
use pogo_core::policy::{Policy, Rule};
use pogo_core::scheduler::{Input, InputError, JobId, JobStatus, Outcome, TaskState};

use crate::story::{Story, at_most, host, limited, on, web};

#[test]
fn a_host_that_has_left_is_not_tried_again() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.submit(JobSpec {
        retries: Some(3),
        ..on("*")
    });
    story.configure(web("a"), Policy::default());
    story.fails("b");
    assert_eq!(story.waits(60), "");
    assert_eq!(story.state(1, "b"), TaskState::Failed);
    story.ends("a");
    assert_eq!(story.status(1), JobStatus::Finished);
}

#[test]
fn a_host_that_has_left_is_counted_until_it_ends_and_no_longer() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    assert_eq!(story.submit(on("*")), "a");
    assert_eq!(story.configure(web("b"), at_most("1")), "");
    assert_eq!(story.reports("a", Outcome::in_doubt("gone")), "b");
}

#[test]
fn a_host_that_has_left_cannot_be_marked() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.submit(on("*"));
    story.configure(web("a"), Policy::default());
    let told = story.tell(Input::MarkDown {
        host: host("b"),
        reason: String::new(),
    });
    assert_eq!(told, Err(InputError::UnknownHost { host: host("b") }));
}

#[test]
fn reading_the_fleet_anew_accepts_no_failures() {
    let policy = || limited(Rule::MaxFailures("1".parse().unwrap()));
    let mut story = Story::new(web("a,b,c,d,e"), policy());
    story.submit(JobSpec {
        max_parallel: Some("1".parse().unwrap()),
        ..on("*")
    });
    story.fails("a");
    assert_eq!(story.fails("b"), "");
    let job = JobId::new(1);
    assert_eq!(story.tell(Input::Resume { job }).unwrap(), "c");
    story.fails("c");
    assert_eq!(story.fails("d"), "", "one more than the operator accepted");
    assert_eq!(story.configure(web("a,b,c,d,e"), policy()), "");
    assert_eq!(story.status(1), JobStatus::Blocked);
    assert_eq!(story.tell(Input::Resume { job }).unwrap(), "e");
}

#[test]
fn failures_that_an_operator_accepted_stay_accepted_under_another_policy() {
    let policy = |most: &str| limited(Rule::MaxFailures(most.parse().unwrap()));
    let mut story = Story::new(web("a,b,c,d,e"), policy("1"));
    story.submit(JobSpec {
        max_parallel: Some("1".parse().unwrap()),
        ..on("*")
    });
    story.fails("a");
    story.fails("b");
    story.tell(Input::Resume { job: JobId::new(1) }).unwrap();
    story.configure(web("a,b,c,d,e"), policy("0"));
    assert_eq!(story.ends("c"), "d");
    assert_eq!(story.fails("d"), "");
}
