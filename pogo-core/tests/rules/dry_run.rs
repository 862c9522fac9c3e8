//! What a job would meet in a namespace as it is.

use std::time::Duration;

use pogo_core::fleet::{HostName, fold};
use pogo_core::scheduler::{CancelReason, HoldMode, HolderReason, Input, JobId, JobStatus, Order, Outcome};
use pogo_core::sim::what_if::{Questions, Scenario};
use pogo_core::sim::{DryRun, Fault, TaskTimes, World};

use crate::holds::hold;
use crate::story::{Story, at_most, host, on, web};

/// The namespace of a story, as it is.
fn world(story: &Story) -> World {
    let scheduler = story.drill.scheduler();
    World::of(scheduler.clone(), scheduler.now())
}

fn tried(story: &Story, targets: &str) -> DryRun {
    DryRun::of(world(story), on(targets)).unwrap()
}

/// `starts a; later b; blocked c`
fn course(dry_run: &DryRun) -> String {
    let named = |hosts: &[HostName]| match hosts {
        [] => "none".to_owned(),
        hosts => fold(hosts).to_string(),
    };
    let (starts, later) = (named(&dry_run.starts), named(&dry_run.later));
    format!("starts {starts}; later {later}; blocked {}", named(&dry_run.blocked))
}

/// Who holds slots: `a runs in job-1`.
fn holders(dry_run: &DryRun) -> Vec<String> {
    let holders = dry_run.held.iter().flat_map(|slots| &slots.holders);
    holders
        .map(|holder| format!("{}: {}", holder.host, holder.reason))
        .collect()
}

#[test]
fn a_job_in_an_empty_namespace_meets_nobody() {
    let story = Story::new(web("h[1-4]"), at_most("3"));
    let dry_run = tried(&story, "*");
    assert_eq!(course(&dry_run), "starts h[1-3]; later h4; blocked none");
    assert!(dry_run.is_free());
}

#[test]
fn what_runs_holds_its_slots_until_it_ends() {
    let mut story = Story::new(web("h[1-4]"), at_most("2"));
    assert_eq!(story.submit(on("h1")), "h1");
    let dry_run = tried(&story, "h[2-4]");
    assert_eq!(course(&dry_run), "starts h2; later h[3-4]; blocked none");
    assert_eq!(holders(&dry_run), ["h1: running in job 1"]);
    story.ends("h1");
    assert_eq!(
        course(&tried(&story, "h[2-4]")),
        "starts h[2-3]; later h4; blocked none"
    );
}

#[test]
fn a_failed_host_holds_its_slot_after_all_that_runs_has_ended() {
    let mut story = Story::new(web("h[1-4]"), at_most("1"));
    story.submit(on("h1"));
    story.fails("h1");
    let dry_run = tried(&story, "h[2-3]");
    assert_eq!(course(&dry_run), "starts none; later none; blocked h[2-3]");
    assert!(matches!(dry_run.held[0].holders[0].reason, HolderReason::Failed { job } if job == JobId::new(1)));
    assert!(!dry_run.blockers.is_empty());
    // The host itself is repaired in its own slot.
    assert_eq!(course(&tried(&story, "h1")), "starts h1; later none; blocked none");
}

#[test]
fn hosts_that_are_held_or_down_hold_slots_and_held_ones_do_not_start() {
    let mut story = Story::new(web("h[1-4]"), at_most("2"));
    story.handle(hold("h1", "ann", HoldMode::Immediate)).unwrap();
    let dry_run = tried(&story, "h[1-3]");
    assert_eq!(course(&dry_run), "starts h2; later h3; blocked h1");
    story
        .handle(Order::MarkDown { host: host("h4") }.because("burnt"))
        .unwrap();
    assert_eq!(
        course(&tried(&story, "h[1-3]")),
        "starts none; later none; blocked h[1-3]"
    );
}

#[test]
fn an_attempt_that_may_not_begin_yet_asks_and_a_cancelled_one_ends() {
    let mut story = Story::new(web("h[1-4]"), at_most("1"));
    let transport = Input::Transport {
        asks_permission: true,
        fences: true,
    };
    story.handle(transport).unwrap();
    story.submit(on("h1"));
    assert_eq!(course(&tried(&story, "h2")), "starts none; later h2; blocked none");
    let (attempt, host_lock) = (story.attempt("h1"), true);
    story.handle(Input::Begin { attempt, host_lock }).unwrap();
    let job = JobId::new(1);
    story.handle(Order::Abort { job }).unwrap();
    let attempts = story.drill.scheduler().attempts();
    assert_eq!(attempts[0].cancelling, Some(CancelReason::Abort));
    // Its slot is that of a failed host from then on.
    assert_eq!(course(&tried(&story, "h2")), "starts none; later none; blocked h2");
}

#[test]
fn an_attempt_takes_what_is_left_of_its_time() {
    let mut story = Story::new(web("h[1-2]"), at_most("1"));
    story.submit(on("h1"));
    story.waits(4);
    let mut world = world(&story).task_times(TaskTimes::Fixed(Duration::from_secs(10)));
    let job = world.submit(on("h2")).unwrap();
    let history = world.run();
    assert_eq!(history.makespan(), Duration::from_secs(6 + 10));
    assert_eq!(
        history.scheduler.job(job).map(|job| job.status()),
        Some(JobStatus::Finished)
    );
    assert_eq!(history.scheduler.verify(), Ok(()));
}

#[test]
fn a_dry_run_changes_nothing_and_is_the_same_each_time() {
    let mut story = Story::new(web("h[1-9]"), at_most("3"));
    story.submit(on("h[1-4]"));
    let before = story.drill.scheduler().fingerprint();
    assert_eq!(tried(&story, "h[5-9]"), tried(&story, "h[5-9]"));
    assert_eq!(story.drill.scheduler().fingerprint(), before);
}

#[test]
fn what_if_counts_the_slots_that_are_held_now() {
    let mut story = Story::new(web("h[1-6]"), at_most("2"));
    let asked = |story: &Story| {
        let world = world(story).task_times(TaskTimes::Fixed(Duration::from_secs(10)));
        let scenario = Scenario::new(world, on("h[2-5]"));
        scenario.what_if(&Questions::new(1, 3).cost_runs(0)).unwrap()
    };
    assert_eq!(asked(&story).typical.time, Duration::from_secs(20));
    story.submit(on("h1"));
    story.fails("h1");
    let answer = asked(&story);
    assert_eq!(answer.typical.time, Duration::from_secs(40));
    assert_eq!(answer.path.links.len(), 4);
    assert!(answer.to_string().contains("h3"), "{answer}");
}

#[test]
fn a_simulation_that_takes_too_long_is_ended() {
    let story = Story::new(web("h[1-2]"), at_most("2"));
    let failed = Outcome::failed(pogo_core::scheduler::FailureKind::Command { status: 1 }, "");
    let mut endless = on("*");
    endless.settings.retries = Some(u32::MAX);
    let world = world(&story).inject_everywhere(Fault::Always(failed));
    let asked = std::sync::atomic::AtomicU32::new(0);
    let world = world.stop_when(move || asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 10);
    let scenario = Scenario::new(world, endless);
    assert!(scenario.run(1).unwrap().tally.succeeded == 0);
}
