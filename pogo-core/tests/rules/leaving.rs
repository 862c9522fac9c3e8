//! A change of fleet or policy under running jobs, and hosts that leave.

use pogo_core::policy::{JobSettings, Policy, Rule, Sequence};
use pogo_core::scheduler::{InputError, JobId, JobStatus, JobUpdate, Order, Outcome, Scheduler, TaskState};

use std::time::Duration;

use crate::story::{Story, at_most, host, limited, on, web};

#[test]
fn a_host_that_has_left_is_not_tried_again() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.submit(on("*").retries(3));
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
    let result = story.handle(Order::MarkDown { host: host("b") }.because(String::new()));
    assert_eq!(result, Err(InputError::UnknownHost { host: host("b") }));
}

#[test]
fn reading_the_fleet_anew_accepts_no_failures() {
    let policy = || limited(Rule::MaxFailures("1".parse().unwrap()));
    let mut story = Story::new(web("a,b,c,d,e"), policy());
    story.submit(on("*").max_parallel("1".parse().unwrap()));
    story.fails("a");
    assert_eq!(story.fails("b"), "");
    let job = JobId::new(1);
    assert_eq!(story.handle(Order::Resume { job }).unwrap(), "c");
    story.fails("c");
    assert_eq!(story.fails("d"), "", "one more than the operator accepted");
    assert_eq!(story.configure(web("a,b,c,d,e"), policy()), "");
    assert_eq!(story.status(1), JobStatus::Blocked);
    assert_eq!(story.handle(Order::Resume { job }).unwrap(), "e");
}

#[test]
fn failures_that_an_operator_accepted_stay_accepted_under_another_policy() {
    let policy = |most: &str| limited(Rule::MaxFailures(most.parse().unwrap()));
    let mut story = Story::new(web("a,b,c,d,e"), policy("1"));
    story.submit(on("*").max_parallel("1".parse().unwrap()));
    story.fails("a");
    story.fails("b");
    story.handle(Order::Resume { job: JobId::new(1) }).unwrap();
    story.configure(web("a,b,c,d,e"), policy("0"));
    assert_eq!(story.ends("c"), "d");
    assert_eq!(story.fails("d"), "");
}

fn in_order(stages: [&str; 2]) -> Sequence {
    Sequence::new(stages.join(" then "), stages.map(|stage| stage.parse().unwrap()))
}

#[test]
fn a_finished_job_does_not_stand_in_the_way_of_a_policy_that_does_not_fit_it() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.submit(on("*"));
    story.fails("a");
    story.ends("b");
    assert_eq!(story.status(1), JobStatus::Finished);
    // For these two hosts the sequences wait for each other; for others they need not.
    let sequences = vec![in_order(["a", "b"]), in_order(["b", "a"])];
    story.configure(web("a,b"), Policy::new().sequences(sequences));
    let retry = Order::Retry {
        job: JobId::new(1),
        hosts: vec![host("a")],
        force: false,
    };
    assert!(matches!(story.handle(retry.clone()), Err(InputError::Plan(_))));
    story.configure(web("a,b"), Policy::default());
    assert_eq!(story.handle(retry).unwrap(), "a");
}

#[test]
fn a_policy_that_does_not_fit_an_unfinished_job_is_refused() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.submit(on("*"));
    let sequences = vec![in_order(["a", "b"]), in_order(["b", "a"])];
    let (fleet, policy) = (
        web("a,b").build().unwrap().into(),
        Policy::new().sequences(sequences).into(),
    );
    assert!(matches!(
        story.handle(Order::Configure { fleet, policy }),
        Err(InputError::Configure(_))
    ));
}

#[test]
fn a_budget_that_the_new_policy_widens_is_wider_at_once() {
    let budget = |failures: &str| limited(Rule::MaxFailures(failures.parse().unwrap()));
    let mut story = Story::new(web("a,b"), budget("0"));
    story.submit(on("*").max_parallel("1".parse().unwrap()));
    assert_eq!(story.fails("a"), "");
    assert_eq!(story.configure(web("a,b"), budget("1")), "b");
}

#[test]
fn a_waiting_host_that_leaves_and_comes_back_is_run() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    assert_eq!(story.submit(on("*")), "a");
    story.configure(web("a"), at_most("1"));
    assert_eq!(story.ends("a"), "", "who has left does not start");
    assert_eq!(story.state(1, "b"), TaskState::Waiting);
    story.waits(299);
    assert_eq!(story.status(1), JobStatus::Running, "no order is needed");
    assert_eq!(story.configure(web("a,b"), at_most("1")), "b");
}

#[test]
fn a_host_that_has_left_says_when_and_until_when_its_job_waits() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("*"));
    story.waits(60);
    story.configure(web("a"), at_most("1"));
    story.waits(60);
    // Another poll of the source, and a host that is still not in it.
    story.configure(web("a,c"), at_most("1"));
    let said: Vec<String> = story.obstacles(1, "b").iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        ["it left the fleet at 1970-01-01 00:01 UTC; the job waits for it until 1970-01-01 00:06 UTC"]
    );
    assert!(story.obstacles(1, "b").iter().all(|obstacle| obstacle.passes));
}

#[test]
fn a_host_that_does_not_come_back_in_time_is_cancelled_and_its_job_ends() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("*"));
    story.configure(web("a"), at_most("1"));
    story.ends("a");
    story.waits(299);
    assert_eq!(story.status(1), JobStatus::Running);
    story.waits(1);
    assert_eq!(story.state(1, "b"), TaskState::Cancelled);
    assert_eq!(story.status(1), JobStatus::Finished);
}

#[test]
fn a_job_that_waits_for_nobody_cancels_hosts_when_they_leave() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("*").leave_after(Duration::ZERO));
    story.configure(web("a"), at_most("1"));
    assert_eq!(story.state(1, "b"), TaskState::Cancelled);
}

#[test]
fn a_change_of_how_long_a_job_waits_counts_from_when_its_hosts_left() {
    let mut story = Story::new(web("a,b,c"), at_most("1"));
    story.submit(on("*"));
    story.configure(web("a"), at_most("1"));
    story.waits(200);
    let change = |seconds| {
        let job = JobId::new(1);
        let settings = JobSettings::new().leave_after(Duration::from_secs(seconds));
        let change = JobUpdate::set(settings);
        Order::Alter { job, change }
    };
    story.handle(change(600)).unwrap();
    story.waits(300);
    assert_eq!(story.state(1, "b"), TaskState::Waiting);
    story.handle(change(500)).unwrap();
    assert_eq!(story.state(1, "b"), TaskState::Cancelled);
}

#[test]
fn a_job_that_is_paused_does_not_wait_longer() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("*"));
    story.configure(web("a"), at_most("1"));
    story.ends("a");
    story.handle(Order::Pause { job: JobId::new(1) }).unwrap();
    story.waits(300);
    assert_eq!(story.status(1), JobStatus::Finished);
}

#[test]
fn a_restored_scheduler_waits_for_hosts_that_left_no_longer_than_the_one_before() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("*"));
    story.waits(10);
    story.configure(web("a"), at_most("1"));
    story.ends("a");
    story.waits(10);
    story.configure(web("a"), at_most("2"));
    let scheduler = story.drill.scheduler();
    let restored = Scheduler::restore(&scheduler.snapshot()).unwrap();
    assert!(restored.same_state(scheduler));
    assert_eq!(restored.next_timeout(), scheduler.next_timeout());
    assert_eq!(restored.next_timeout().unwrap().as_millis(), 310_000);
}
