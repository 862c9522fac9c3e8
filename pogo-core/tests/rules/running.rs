//! `max_running`: how many run at once, and nothing else; and the guard that is made of it.

use pogo_core::plan::Plan;
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{Blocker, HolderReason, JobStatus, Order};

use crate::story::{Story, host, limited, on, web};

fn running(slots: &str) -> Policy {
    limited(Rule::MaxRunning(slots.parse().unwrap()))
}

#[test]
fn failed_hosts_hold_nothing_of_it() {
    let mut story = Story::new(web("a,b,c,d"), running("2"));
    assert_eq!(story.submit(on("*")), "a b");
    assert_eq!(story.fails("a"), "c");
    assert_eq!(story.fails("b"), "d");
    story.fails("c");
    story.fails("d");
    assert_eq!(story.status(1), JobStatus::Finished);
}

#[test]
fn hosts_that_are_down_hold_nothing_of_it() {
    let mut story = Story::new(web("a,b,c"), running("1"));
    for down in ["a", "b"] {
        let (host, reason) = (host(down), String::new());
        story.handle(Order::MarkDown { host }.because(reason)).unwrap();
    }
    assert_eq!(story.submit(on("*")), "a");
    assert_eq!(story.fails("a"), "b");
    assert_eq!(story.fails("b"), "c");
}

#[test]
fn who_waits_for_it_waits_for_those_that_run() {
    let mut story = Story::new(web("a,b,c"), running("1"));
    story.submit(on("*"));
    story.fails("a");
    let [Blocker::BucketFull { slots, holders, .. }] = &story.explain(1, "c")[..] else {
        panic!("{:?}", story.explain(1, "c"));
    };
    let holders: Vec<&str> = holders.iter().map(|holder| holder.host.as_str()).collect();
    assert_eq!((*slots, holders), (1, vec!["b"]));
    let only_running = |blocker: &Blocker| match blocker {
        Blocker::BucketFull { holders, .. } => holders
            .iter()
            .all(|holder| matches!(holder.reason, HolderReason::Running { .. })),
        _ => false,
    };
    assert!(story.explain(1, "c").iter().all(only_running));
}

#[test]
fn it_binds_beside_a_limit_on_the_unavailable() {
    let mut policy = running("2");
    policy.constraints.push(Constraint::new(
        "*".parse().unwrap(),
        Rule::MaxParallel("3".parse().unwrap()),
    ));
    let mut story = Story::new(web("a,b,c,d,e"), policy);
    assert_eq!(story.submit(on("*")), "a b");
    assert_eq!(story.fails("a"), "c");
    assert_eq!(story.fails("b"), "");
    assert_eq!(story.ends("c"), "d");
}

#[test]
fn the_guard_counts_what_no_limit_counts() {
    let fleet = || web("a,b,c").tagged("db", "x,y");
    let mut policy = Policy::default();
    policy.constraints.push(Constraint::new(
        "$db".parse().unwrap(),
        Rule::MaxParallel("1".parse().unwrap()),
    ));
    policy.constraints.push(Constraint::new(
        "*".parse().unwrap(),
        Rule::MaxFailures("9".parse().unwrap()),
    ));
    let policy = policy.guarded("2".parse().unwrap());
    let mut story = Story::new(fleet(), policy.clone());
    assert_eq!(story.submit(on("*")), "a b x");
    assert_eq!(story.fails("a"), "c");
    assert_eq!(story.fails("x"), "");

    let plan = Plan::compile(&fleet().build().unwrap(), &policy, &on("*")).unwrap();
    let guard = &plan.buckets[1];
    assert_eq!(
        (guard.bucket.group.as_str(), guard.bucket.slots, guard.in_job),
        ("!$db", 2, 3)
    );
    assert!(plan.to_string().contains("max_running: 2"), "{plan}");
    // Every host is under some limit now.
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
}

#[test]
fn without_limits_the_guard_counts_all_hosts() {
    let mut story = Story::new(web("a,b,c"), Policy::default().guarded("2".parse().unwrap()));
    assert_eq!(story.submit(on("*")), "a b");
}
