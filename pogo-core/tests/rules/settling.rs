//! The time for which a host that succeeded keeps its slot.

use std::time::Duration;

use pogo_core::plan::JobSpec;
use pogo_core::policy::Policy;
use pogo_core::scheduler::{Event, Input, NamespaceEventKind, Outcome, TaskState};
use pogo_core::testing::Step;

use crate::story::{Story, on, web};

fn settling(seconds: u64) -> JobSpec {
    on("*").settle(Duration::from_secs(seconds))
}

#[test]
fn a_success_that_crosses_a_cancellation_settles_like_any_other() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(settling(300).attempt_timeout(Duration::from_secs(60)));
    story.waits(60);
    story.ends("a");
    assert_eq!(story.waits(299), "");
    assert_eq!(story.state(1, "a"), TaskState::Running);
    story.waits(1);
    assert_eq!(story.state(1, "a"), TaskState::Succeeded);
}

#[test]
fn hosts_that_settled_at_the_same_moment_end_in_the_same_order_after_a_restart() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.submit(settling(10));
    story.ends("b");
    story.ends("a");
    let mut restarted = story.drill.replayed();
    restarted.handle(Input::Recover { resumed: vec![] }).unwrap();
    let step = Step::Wait(Duration::from_secs(10));
    assert_eq!(restarted.play(&step), story.drill.play(&step));
}

#[test]
fn a_settling_host_is_no_longer_reported_on() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(settling(10));
    let attempt = story.attempt("a");
    story.ends("a");
    let outcome = Outcome::in_doubt("");
    let late = NamespaceEventKind::LateReported {
        attempt,
        outcome: outcome.clone(),
    };
    let events = story
        .drill
        .handle(Input::Reported {
            attempt,
            outcome,
            output: None,
        })
        .unwrap();
    assert_eq!(events, [Event::of_namespace(late)]);
}
