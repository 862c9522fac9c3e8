//! What a job says of itself when nothing of it runs.

use pogo_core::plan::{self, Plan};
use pogo_core::policy::{Constraint, Policy, Rule, Sequence};
use pogo_core::scheduler::{Blocker, Event, HolderReason, JobEventKind, JobId, JobStatus, Order};

use crate::story::{Story, at_most, host, hosts, limited, on, web};

/// The reasons that the job gave last.
fn reasons(story: &Story) -> Vec<Blocker> {
    let said = story
        .drill
        .records()
        .iter()
        .rev()
        .find_map(|record| match record.event.job_kind() {
            Some(JobEventKind::Blocked { reasons }) => Some(reasons.clone()),
            _ => None,
        });
    let said = said.unwrap_or_default().into_iter();
    said.map(|obstacle| obstacle.blocker).collect()
}

#[test]
fn a_job_that_can_never_run_is_blocked_at_once_and_its_plan_warns() {
    let plan = Plan::compile(&web("a,b").build().unwrap(), &at_most("0"), &on("*")).unwrap();
    assert_eq!(plan.warnings.len(), 1);
    let mut story = Story::new(web("a,b"), at_most("0"));
    assert_eq!(story.submit(on("*")), "");
    assert_eq!(story.status(1), JobStatus::Blocked);
    assert!(
        matches!(reasons(&story)[..], [Blocker::BucketFull { slots: 0, .. }]),
        "{:?}",
        reasons(&story)
    );
}

#[test]
fn a_gate_that_cannot_open_is_traced_to_what_holds_the_stage_before_it() {
    let mut policy = Policy::new().sequence(Sequence::new("in order", ["a".parse().unwrap(), "b".parse().unwrap()]));
    policy.constraints.push(Constraint::new(
        "a".parse().unwrap(),
        Rule::MaxParallel("0".parse().unwrap()),
    ));
    let mut story = Story::new(web("a,b"), policy);
    story.submit(on("*"));
    assert_eq!(story.status(1), JobStatus::Blocked);
    assert!(
        matches!(reasons(&story)[..], [Blocker::BucketFull { slots: 0, .. }]),
        "{:?}",
        reasons(&story)
    );
}

#[test]
fn a_stage_that_failed_is_named() {
    let policy = Policy::new().sequence(Sequence::new("in order", ["a".parse().unwrap(), "b".parse().unwrap()]));
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
    assert_eq!(story.status(2), JobStatus::Waiting, "the repair may free the slot");
    assert_eq!(story.ends("a"), "b");
}

#[test]
fn a_floor_on_the_available_lets_hosts_that_are_down_be_repaired() {
    let mut story = Story::new(web("a,b"), limited(Rule::MinAvailable("100%".parse().unwrap())));
    let (host, reason) = (hosts("b").remove(0), String::new());
    story.handle(Order::MarkDown { host }.because(reason)).unwrap();
    assert_eq!(story.submit(on("*")), "b");
    assert_eq!(story.ends("b"), "");
    assert_eq!(story.status(1), JobStatus::Blocked);
}

#[test]
fn a_group_of_which_too_many_failed_starts_no_more_until_the_job_is_resumed() {
    let policy = Policy::new()
        .constraint(Constraint::new(
            "$web".parse().unwrap(),
            Rule::MaxFailures("1".parse().unwrap()),
        ))
        .constraint(Constraint::new(
            "*".parse().unwrap(),
            Rule::MinAvailable("2".parse().unwrap()),
        ));
    let mut story = Story::new(web("a,b,c,d,e").host("z"), policy);
    assert_eq!(story.submit(on("$web, z")), "a b c d");
    story.fails("a");
    assert_eq!(story.ends("c"), "e", "one may fail");
    story.fails("b");
    let is_exceeded = |event: &Event| {
        matches!(
            event.job_kind(),
            Some(JobEventKind::FailureBudgetExceeded {
                failures: 2,
                allowed: 1,
                ..
            })
        )
    };
    assert_eq!(
        story
            .drill
            .records()
            .iter()
            .filter(|record| is_exceeded(&record.event))
            .count(),
        1
    );
    assert_eq!(story.ends("d"), "z", "others go on");
}

/// A group with one slot that `a` failed to give back, and hosts outside of it.
fn with_a_failed_host() -> Story {
    let mut story = Story::new(web("a,b").host("x"), at_most("1"));
    assert_eq!(story.submit(on("a")), "a");
    story.fails("a");
    story
}

#[test]
fn a_job_waits_for_a_place_that_another_job_is_about_to_repair() {
    let mut story = with_a_failed_host();
    let x_then_a = on("x,a")
        .max_parallel("1".parse().unwrap())
        .order(plan::HostOrder::Listed);
    assert_eq!(story.submit(x_then_a), "x");
    assert_eq!(story.submit(on("b")), "");
    assert_eq!(story.status(3), JobStatus::Waiting);
    assert_eq!(story.ends("x"), "a");
    assert_eq!(story.status(3), JobStatus::Waiting);
    assert_eq!(story.ends("a"), "b");
}

#[test]
fn a_job_does_not_wait_for_a_place_that_nobody_is_about_to_repair() {
    let mut story = with_a_failed_host();
    assert_eq!(
        story.submit(on("x")),
        "x",
        "another job runs, and does not know that host"
    );
    assert_eq!(story.submit(on("b")), "");
    assert_eq!(story.status(3), JobStatus::Blocked);
}

#[test]
fn a_place_of_a_host_that_is_down_is_held_whatever_runs_there() {
    let mut story = with_a_failed_host();
    let (down, reason) = (host("a"), String::new());
    story.handle(Order::MarkDown { host: down }.because(reason)).unwrap();
    assert_eq!(story.submit(on("a")), "a", "a host that is down may be repaired");
    assert_eq!(story.submit(on("b")), "");
    assert_eq!(story.status(3), JobStatus::Blocked);
    assert_eq!(story.ends("a"), "");
    let (up, reason) = (host("a"), String::new());
    assert_eq!(
        story
            .handle(Order::MarkUp { host: up, force: false }.because(reason))
            .unwrap(),
        "b"
    );
}

#[test]
fn a_repair_waits_while_the_group_is_busy() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    assert_eq!(story.submit(on("b")), "b");
    let (down, reason) = (host("a"), String::new());
    story.handle(Order::MarkDown { host: down }.because(reason)).unwrap();
    assert_eq!(story.submit(on("a")), "");
    assert_eq!(story.status(2), JobStatus::Waiting);
    assert_eq!(story.ends("b"), "a");
}

#[test]
fn a_host_that_could_not_run_when_it_is_given_back_is_not_waited_for() {
    let mut story = Story::new(web("a"), at_most("0"));
    let forced = on("a").override_constraints("fire");
    assert_eq!(story.submit(forced), "a");
    assert_eq!(story.submit(on("a")), "");
    assert_eq!(story.status(2), JobStatus::Blocked);
}

#[test]
fn a_budget_that_stops_many_kinds_of_hosts_is_named_once() {
    let mut policy = limited(Rule::MaxFailures("0".parse().unwrap()));
    let of_racks = Constraint::new("$rack".parse().unwrap(), Rule::MaxParallel("1".parse().unwrap()));
    policy.constraints.push(of_racks);
    let fleet = web("a,b,c").tagged("rack.one", "a,b").tagged("rack.two", "c");
    let mut story = Story::new(fleet, policy);
    let one_by_one = on("*").max_parallel("1".parse().unwrap());
    assert_eq!(story.submit(one_by_one), "a");
    assert_eq!(story.fails("a"), "");
    let said = reasons(&story);
    let budgets = said
        .iter()
        .filter(|blocker| matches!(blocker, Blocker::FailureBudget { .. }));
    assert_eq!(budgets.count(), 1, "{said:?}");
}

#[test]
fn a_budget_that_is_exceeded_again_says_so_again() {
    let mut story = Story::new(web("a,b,c"), limited(Rule::MaxFailures("0".parse().unwrap())));
    story.submit(on("*"));
    let exceeded = |story: &Story| {
        let said = |event: &Event| matches!(event.job_kind(), Some(JobEventKind::FailureBudgetExceeded { .. }));
        story
            .drill
            .records()
            .iter()
            .filter(|record| said(&record.event))
            .count()
    };
    story.fails("a");
    assert_eq!(exceeded(&story), 1);
    let (job, skipped) = (JobId::new(1), hosts("a"));
    story
        .handle(Order::Skip {
            job,
            hosts: skipped,
            force: false,
        })
        .unwrap();
    story.fails("b");
    assert_eq!(exceeded(&story), 2);
    story.fails("c");
    assert_eq!(exceeded(&story), 2);
}

#[test]
fn a_share_of_failures_is_of_the_hosts_that_the_job_has_there() {
    let mut story = Story::new(web("a,b,c,d"), limited(Rule::MaxFailures("50%".parse().unwrap())));
    story.submit(on("*"));
    let exceeded = |story: &Story| {
        let said = |event: &Event| matches!(event.job_kind(), Some(JobEventKind::FailureBudgetExceeded { .. }));
        story.drill.records().iter().any(|record| said(&record.event))
    };
    story.fails("a");
    story.fails("b");
    assert!(!exceeded(&story));
    story.fails("c");
    assert!(exceeded(&story));
}
