//! Waves, and the time for which each is watched.

use std::time::Duration;

use pogo_core::fleet::Fleet;
use pogo_core::plan::JobSpec;
use pogo_core::policy::{Policy, Sequence};
use pogo_core::scheduler::{Blocker, Input, JobId};

use crate::story::{Story, hosts, on, web};

fn one_then_all(bake: u64) -> JobSpec {
    let waves = vec!["1".parse().unwrap(), "100%".parse().unwrap()];
    JobSpec {
        waves,
        bake: Some(Duration::from_secs(bake)),
        ..on("*")
    }
}

#[test]
fn a_wave_waits_until_the_one_before_was_well_for_the_bake_time() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    assert_eq!(story.submit(one_then_all(60)), "a");
    assert_eq!(story.ends("a"), "");
    assert!(matches!(story.explain(1, "b")[..], [Blocker::Baking { until }] if until.as_millis() == 60_000));
    assert_eq!(story.waits(59), "");
    assert_eq!(story.waits(1), "b c");
}

#[test]
fn a_change_of_policy_does_not_close_a_wave_that_is_open() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    story.submit(JobSpec {
        max_parallel: Some("1".parse().unwrap()),
        ..one_then_all(60)
    });
    story.ends("a");
    assert_eq!(story.waits(60), "b");
    assert_eq!(story.configure(web("a,b,c"), Policy::default()), "");
    assert_eq!(story.ends("b"), "c");
}

#[test]
fn a_change_of_policy_does_not_begin_the_bake_time_anew() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    story.submit(one_then_all(60));
    story.ends("a");
    story.waits(50);
    assert_eq!(story.configure(web("a,b,c"), Policy::default()), "");
    assert_eq!(story.waits(10), "b c");
}

#[test]
fn a_skipped_host_that_is_retried_closes_the_waves_after_it() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    let job = JobId::new(1);
    story.submit(JobSpec {
        max_parallel: Some("1".parse().unwrap()),
        ..one_then_all(60)
    });
    story.fails("a");
    story.tell(Input::Skip { job, hosts: hosts("a") }).unwrap();
    assert_eq!(story.waits(60), "b");
    story.tell(Input::Retry { job, hosts: hosts("a") }).unwrap();
    assert_eq!(story.ends("b"), "a", "the canary comes before the rest again");
    assert_eq!(story.ends("a"), "");
    assert_eq!(story.waits(60), "c");
}

/// `a` waits for `b`, although each is in a stage some host of which waits for `b`.
#[test]
fn no_wave_waits_for_a_host_that_waits_for_it() {
    let fleet = Fleet::builder().tagged("west", "a,b").tagged("web", "b");
    let order = |stages: &[&str]| Sequence::new("order", stages.iter().map(|stage| stage.parse().unwrap()));
    let sequences = vec![order(&["$web", "$west"]), order(&["*"])];
    let policy = Policy {
        sequences,
        ..Policy::default()
    };
    let mut story = Story::new(fleet, policy);
    assert_eq!(story.submit(one_then_all(0)), "b");
    assert_eq!(story.ends("b"), "a");
}

#[test]
fn a_wave_takes_hosts_as_deep_as_those_before_it_allow() {
    let stages = ["a", "b", "c"].map(|stage| stage.parse().unwrap());
    let policy = Policy {
        sequences: vec![Sequence::new("in order", stages)],
        ..Policy::default()
    };
    let mut story = Story::new(web("a,b,c"), policy);
    let waves = ["1", "2", "100%"].map(|wave| wave.parse().unwrap()).to_vec();
    assert_eq!(story.submit(JobSpec { waves, ..on("*") }), "a");
    assert_eq!(story.ends("a"), "b");
    assert_eq!(story.ends("b"), "c");
}
