//! Delays before a retry, and what happens while they pass.

use std::time::Duration;

use pogo_core::plan::JobSpec;
use pogo_core::policy::Policy;
use pogo_core::scheduler::{Input, JobId, JobStatus};

use crate::story::{Story, at_most, host, on, web};

fn retried_after(seconds: u64) -> JobSpec {
    let retry_delay = Some(Duration::from_secs(seconds));
    JobSpec {
        retries: Some(1),
        retry_delay,
        ..on("*")
    }
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
    assert_eq!(story.fails("a"), "", "the failed host holds the one place");
    story.tell(Input::Pause { job: JobId::new(1) }).unwrap();
    assert_eq!(story.waits(60), "");
    let reason = String::new();
    story
        .tell(Input::MarkUp {
            host: host("a"),
            reason: reason.clone(),
        })
        .unwrap();
    story
        .tell(Input::MarkDown {
            host: host("b"),
            reason,
        })
        .unwrap();
    assert_eq!(
        story.tell(Input::Resume { job: JobId::new(1) }).unwrap(),
        "b",
        "only the repair is allowed"
    );
}

#[test]
fn a_delay_that_has_passed_does_not_hide_that_the_job_is_blocked() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(retried_after(10));
    story.fails("a");
    story.tell(Input::Pause { job: JobId::new(1) }).unwrap();
    story.waits(60);
    story.configure(web("a,b"), at_most("0"));
    story.tell(Input::Resume { job: JobId::new(1) }).unwrap();
    assert_eq!(story.status(1), JobStatus::Blocked);
}
