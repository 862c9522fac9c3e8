//! What a job says of itself when nothing of it runs.

use pogo_core::plan::Plan;
use pogo_core::policy::{Constraint, Policy, Rule, Sequence};
use pogo_core::scheduler::{Blocker, Event, HolderReason, Input, JobId, JobStatus};

use crate::story::{Story, at_most, hosts, limited, on, web};

/// The reasons that the job gave last.
fn reasons(story: &Story) -> Vec<Blocker> {
    let said = story
        .drill
        .records()
        .iter()
        .rev()
        .find_map(|record| match &record.event {
            Event::JobBlocked { reasons, .. } => Some(reasons.clone()),
            _ => None,
        });
    said.unwrap_or_default()
}

#[test]
fn a_job_that_can_never_run_is_blocked_at_once_and_its_plan_warns() {
    let plan = Plan::compile(&web("a,b").build().unwrap(), &at_most("0"), &on("*")).unwrap();
    assert_eq!(plan.warnings.len(), 1);
    let mut story = Story::new(web("a,b"), at_most("0"));
    assert_eq!(story.submit(on("*")), "");
    assert_eq!(story.status(1), JobStatus::Blocked);
    assert!(
        matches!(reasons(&story)[..], [Blocker::BucketFull { places: 0, .. }]),
        "{:?}",
        reasons(&story)
    );
}

#[test]
fn a_gate_that_cannot_open_is_traced_to_what_holds_the_stage_before_it() {
    let mut policy = Policy {
        sequences: vec![Sequence::new("in order", ["a".parse().unwrap(), "b".parse().unwrap()])],
        ..Policy::default()
    };
    policy.constraints.push(Constraint::new(
        "a".parse().unwrap(),
        Rule::MaxParallel("0".parse().unwrap()),
    ));
    let mut story = Story::new(web("a,b"), policy);
    story.submit(on("*"));
    assert_eq!(story.status(1), JobStatus::Blocked);
    assert!(
        matches!(reasons(&story)[..], [Blocker::BucketFull { places: 0, .. }]),
        "{:?}",
        reasons(&story)
    );
}

#[test]
fn a_stage_that_failed_is_named() {
    let policy = Policy {
        sequences: vec![Sequence::new("in order", ["a".parse().unwrap(), "b".parse().unwrap()])],
        ..Policy::default()
    };
    let mut story = Story::new(web("a,b"), policy);
    story.submit(on("*"));
    story.fails("a");
    assert_eq!(story.status(1), JobStatus::Blocked);
    let [
        Blocker::GateClosed {
            failed,
            pending,
            allowed: 0,
            ..
        },
    ] = &reasons(&story)[..]
    else {
        panic!("{:?}", reasons(&story));
    };
    assert_eq!((failed, pending), (&hosts("a"), &vec![]));
}

#[test]
fn a_job_that_waits_for_another_is_waiting_and_not_blocked() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("a"));
    story.submit(on("b"));
    story.submit(on("a"));
    assert_eq!([story.status(2), story.status(3)], [JobStatus::Waiting; 2]);
    assert!(matches!(story.explain(3, "a")[..], [Blocker::Leased { job }, ..] if job == JobId::new(1)));
    assert_eq!(story.ends("a"), "b");
}

#[test]
fn a_place_held_by_a_failed_host_of_a_finished_job_blocks_the_next() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("a"));
    story.fails("a");
    story.submit(on("b"));
    assert_eq!(story.status(2), JobStatus::Blocked);
    let why = story.explain(2, "b");
    let [Blocker::BucketFull { holders, .. }] = &why[..] else {
        panic!("{why:?}")
    };
    assert_eq!(holders[0].reason, HolderReason::Failed { job: JobId::new(1) });
    assert_eq!(story.submit(on("a")), "a", "repairing is allowed");
    assert_eq!(story.status(2), JobStatus::Waiting, "the repair may free the place");
    assert_eq!(story.ends("a"), "b");
}

#[test]
fn a_floor_on_the_available_lets_hosts_that_are_down_be_repaired() {
    let mut story = Story::new(web("a,b"), limited(Rule::MinAvailable("100%".parse().unwrap())));
    let (host, reason) = (hosts("b").remove(0), String::new());
    story.tell(Input::MarkDown { host, reason }).unwrap();
    assert_eq!(story.submit(on("*")), "b");
    assert_eq!(story.ends("b"), "");
    assert_eq!(story.status(1), JobStatus::Blocked);
}

#[test]
fn a_group_of_which_too_many_failed_starts_no_more_until_the_job_is_resumed() {
    let policy = Policy {
        constraints: vec![
            Constraint::new("$web".parse().unwrap(), Rule::MaxFailures("1".parse().unwrap())),
            Constraint::new("*".parse().unwrap(), Rule::MinAvailable("2".parse().unwrap())),
        ],
        ..Policy::default()
    };
    let mut story = Story::new(web("a,b,c,d,e").host("z"), policy);
    assert_eq!(story.submit(on("$web, z")), "a b c d");
    story.fails("a");
    assert_eq!(story.ends("c"), "e", "one may fail");
    story.fails("b");
    let told = |event: &Event| {
        matches!(
            event,
            Event::FailureBudgetExceeded {
                failures: 2,
                allowed: 1,
                ..
            }
        )
    };
    assert_eq!(
        story
            .drill
            .records()
            .iter()
            .filter(|record| told(&record.event))
            .count(),
        1
    );
    assert_eq!(story.ends("d"), "z", "others go on");
}
