//! A job is blocked when only an operator can help it, and waits for everything else.

use std::time::Duration;

use pogo_core::fleet::FleetBuilder;
use pogo_core::plan::{self, JobSpec};
use pogo_core::policy::{Constraint, Policy, Rule, Sequence};
use pogo_core::scheduler::{Blocker, JobEventKind, JobId, JobStatus, Order};

use crate::story::{Story, at_most, host, hosts, limited, on, web};

/// Whether any job ever said that it is blocked.
fn ever_blocked(story: &Story) -> bool {
    let mut records = story.drill.records().iter();
    records.any(|record| matches!(record.event.job_kind(), Some(JobEventKind::Blocked { .. })))
}

fn retried(targets: &str) -> JobSpec {
    on(targets).retries(1).retry_delay(Duration::from_secs(7))
}

#[test]
fn a_job_behind_a_host_that_will_be_retried_waits() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    assert_eq!(story.submit(retried("a")), "a");
    story.submit(on("b"));
    assert_eq!(story.fails("a"), "");
    assert_eq!(story.status(2), JobStatus::Waiting);
    assert_eq!(story.waits(20), "a");
    assert_eq!(story.status(2), JobStatus::Waiting);
    assert_eq!(story.ends("a"), "b");
    assert!(!ever_blocked(&story));
}

#[test]
fn a_job_behind_a_host_that_fails_for_the_last_time_is_blocked() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(retried("a"));
    story.submit(on("b"));
    story.fails("a");
    story.waits(20);
    assert_eq!(story.status(2), JobStatus::Waiting);
    assert_eq!(story.fails("a"), "");
    assert_eq!(story.status(2), JobStatus::Blocked);
}

#[test]
fn a_job_behind_a_retry_that_was_paused_is_blocked() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(retried("a"));
    story.submit(on("b"));
    story.fails("a");
    let job = JobId::new(1);
    story.handle(Order::Pause { job }).unwrap();
    assert_eq!(story.status(2), JobStatus::Blocked, "only resuming helps");
    story.handle(Order::Resume { job }).unwrap();
    assert_eq!(story.status(2), JobStatus::Waiting);
}

#[test]
fn a_job_behind_a_repair_whose_wave_bakes_waits() {
    let mut story = Story::new(web("a,b").host("x"), at_most("1"));
    story.submit(on("a"));
    story.fails("a");
    let x_then_a = on("x,a")
        .waves(vec!["1".parse().unwrap(), "100%".parse().unwrap()])
        .bake(Duration::from_secs(60));
    assert_eq!(story.submit(x_then_a), "x");
    story.submit(on("b"));
    assert_eq!(story.status(3), JobStatus::Waiting);
    assert_eq!(story.ends("x"), "", "it bakes, and nothing runs anywhere");
    assert_eq!(story.status(3), JobStatus::Waiting);
    assert_eq!(story.waits(60), "a");
    assert_eq!(story.ends("a"), "b");
    assert!(!ever_blocked(&story));
}

#[test]
fn a_job_behind_a_host_that_settles_waits() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("a").settle(Duration::from_secs(60)));
    story.submit(on("b"));
    assert_eq!(story.ends("a"), "");
    assert_eq!(story.status(2), JobStatus::Waiting);
    assert_eq!(story.waits(60), "b");
    assert!(!ever_blocked(&story));
}

/// `a` failed and holds the one slot of `$web`; `x` is alone in a group of one slot, and comes before `a`.
fn x_before_a() -> (FleetBuilder, Policy) {
    let mut policy = at_most("1");
    let of_x = Constraint::new("$lab".parse().unwrap(), Rule::MaxParallel("1".parse().unwrap()));
    policy.constraints.push(of_x);
    policy.sequences = vec![Sequence::new(
        "lab first",
        ["$lab".parse().unwrap(), "$web".parse().unwrap()],
    )];
    (web("a,b").tagged("lab", "x,y"), policy)
}

#[test]
fn a_job_waits_for_the_last_link_of_a_chain_of_jobs() {
    let (fleet, policy) = x_before_a();
    let mut story = Story::new(fleet, policy);
    story.submit(on("a"));
    story.fails("a");
    assert_eq!(story.submit(retried("y")), "y");
    assert_eq!(story.submit(on("x,a")), "", "x waits for y, and a for x");
    assert_eq!(story.submit(on("b")), "", "b waits for a");
    assert_eq!(story.fails("y"), "");
    assert_eq!([story.status(3), story.status(4)], [JobStatus::Waiting; 2]);
    assert_eq!(story.waits(20), "y");
    assert_eq!(story.ends("y"), "x");
    assert_eq!(story.status(4), JobStatus::Waiting);
    assert_eq!(story.ends("x"), "a");
    assert_eq!(story.ends("a"), "b");
    assert!(!ever_blocked(&story));
}

#[test]
fn a_chain_of_jobs_whose_last_link_fails_is_blocked_all_along() {
    let (fleet, policy) = x_before_a();
    let mut story = Story::new(fleet, policy);
    story.submit(on("a"));
    story.fails("a");
    story.submit(on("y"));
    story.submit(on("x,a"));
    story.submit(on("b"));
    assert_eq!([story.status(3), story.status(4)], [JobStatus::Waiting; 2]);
    story.fails("y");
    assert_eq!([story.status(3), story.status(4)], [JobStatus::Blocked; 2]);
    assert_eq!(story.submit(on("y")), "y");
    assert_eq!(
        [story.status(3), story.status(4)],
        [JobStatus::Waiting; 2],
        "somebody repairs it"
    );
}

#[test]
fn jobs_that_wait_for_each_other_in_a_circle_are_blocked() {
    let fleet = web("a,b").tagged("lab", "x,y");
    let mut policy = at_most("1");
    let of_lab = Constraint::new("$lab".parse().unwrap(), Rule::MaxParallel("1".parse().unwrap()));
    policy.constraints.push(of_lab);
    policy.sequences = vec![
        Sequence::new("b, then y", ["b".parse().unwrap(), "y".parse().unwrap()]),
        Sequence::new("x, then a", ["x".parse().unwrap(), "a".parse().unwrap()]),
    ];
    let mut story = Story::new(fleet, policy);
    story.submit(on("a,y"));
    story.fails("a");
    story.fails("y");
    assert_eq!(story.submit(on("b,y")), "", "would repair y after b, which waits for a");
    assert_eq!(story.submit(on("x,a")), "", "would repair a after x, which waits for y");
    assert_eq!([story.status(2), story.status(3)], [JobStatus::Blocked; 2]);
    let (job, hosts) = (JobId::new(2), hosts("b"));
    assert_eq!(
        story
            .handle(Order::Skip {
                job,
                hosts,
                force: false
            })
            .unwrap(),
        "y"
    );
    assert_eq!(story.status(3), JobStatus::Waiting);
}

#[test]
fn a_repair_in_a_job_that_has_halted_is_not_waited_for() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("a"));
    story.fails("a");
    let (job, reason) = (JobId::new(2), String::new());
    story
        .handle(Order::MarkDown { host: host("b") }.because(reason.clone()))
        .unwrap();
    assert_eq!(story.submit(on("a,b")), "a", "one repair at a time");
    story.handle(Order::Halt { job }.because(reason.clone())).unwrap();
    story
        .handle(
            Order::MarkUp {
                host: host("b"),
                force: false,
            }
            .because(reason),
        )
        .unwrap();
    assert_eq!(story.submit(on("b")), "");
    assert_eq!(story.status(3), JobStatus::Waiting, "what runs may end well");
    story.fails("a");
    assert_eq!(story.status(3), JobStatus::Blocked);
}

#[test]
fn a_job_that_can_never_start_says_so_while_its_delay_passes() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(retried("a"));
    story.fails("a");
    story.configure(web("a,b"), at_most("0"));
    assert_eq!(story.status(1), JobStatus::Blocked);
}

#[test]
fn a_job_whose_baking_wave_was_skipped_waits_for_the_wave_after_it() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    let one_by_one = on("*")
        .waves(vec![
            "1".parse().unwrap(),
            "2".parse().unwrap(),
            "100%".parse().unwrap(),
        ])
        .bake(Duration::from_secs(60));
    assert_eq!(story.submit(one_by_one), "a");
    assert_eq!(story.ends("a"), "");
    let job = JobId::new(1);
    let second = ["b", "c"].into_iter().find(|host| {
        let why = story.explain(1, host);
        matches!(why[..], [Blocker::Baking { .. }])
    });
    let hosts = hosts(second.unwrap());
    story
        .handle(Order::Skip {
            job,
            hosts,
            force: false,
        })
        .unwrap();
    assert!(!ever_blocked(&story));
    assert_eq!(story.waits(60), "");
    assert!(!story.waits(60).is_empty(), "the last wave");
    assert!(!ever_blocked(&story));
}

#[test]
fn a_job_on_a_host_that_another_may_break_by_force_is_not_blocked() {
    let fleet = web("a,b,c");
    let mut story = Story::new(fleet, limited(Rule::MinAvailable("3".parse().unwrap())));
    assert_eq!(story.submit(on("b")), "");
    assert_eq!(story.status(1), JobStatus::Blocked);
    let forced = on("a,b")
        .override_constraints("it burns")
        .max_parallel("1".parse().unwrap())
        .order(plan::HostOrder::Listed);
    assert_eq!(story.submit(forced), "a");
    assert_eq!(
        story.status(1),
        JobStatus::Waiting,
        "once it fails there, it may be repaired"
    );
    assert_eq!(story.ends("a"), "b");
    assert_eq!(story.fails("b"), "b");
}
