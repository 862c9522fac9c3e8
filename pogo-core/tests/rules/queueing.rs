//! Who comes first among hosts that may start.

use pogo_core::scheduler::{Input, JobId};

use crate::story::{Story, at_most, host, hosts, on, web};

fn mark(story: &mut Story, name: &str, down: bool) -> String {
    let (host, reason) = (host(name), String::new());
    let mark = if down {
        Input::MarkDown { host, reason }
    } else {
        Input::MarkUp { host, reason }
    };
    story.tell(mark).unwrap()
}

/// `c` runs as a repair before its turn, fails, and is marked up to be retried behind the fresh `b` and `d`.
fn after_a_repair_that_failed(story: &mut Story) -> String {
    let job = JobId::new(1);
    mark(story, "c", true);
    assert_eq!(story.ends("a"), "c");
    story.tell(Input::Pause { job }).unwrap();
    story.fails("c");
    let retried = hosts("c");
    story.tell(Input::Retry { job, hosts: retried }).unwrap();
    mark(story, "c", false);
    assert_eq!(story.tell(Input::Resume { job }).unwrap(), "b");
    story.ends("b")
}

#[test]
fn a_retried_host_comes_after_fresh_ones_where_it_was_listed() {
    let mut story = Story::new(web("a,b,c,d"), at_most("1"));
    assert_eq!(story.submit(on("*")), "a");
    assert_eq!(after_a_repair_that_failed(&mut story), "d");
}

#[test]
fn a_retried_host_comes_after_fresh_ones_where_it_was_queued_late() {
    let mut story = Story::new(web("a,b,c,d"), at_most("1"));
    assert_eq!(story.submit(on("*")), "a");
    for name in ["b", "c"] {
        mark(&mut story, name, true);
        mark(&mut story, name, false);
    }
    assert_eq!(after_a_repair_that_failed(&mut story), "d");
}
