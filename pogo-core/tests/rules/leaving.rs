//! Hosts that leave the fleet under running jobs.

use pogo_core::plan::JobSpec;
use pogo_core::policy::Policy;
use pogo_core::scheduler::{Input, InputError, JobStatus, Outcome, TaskState};

use crate::story::{Story, at_most, host, on, web};

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
