//! Holds: hosts that somebody takes out of service outside of any job, under the same limits.

use pogo_core::plan::HoldOwner;
use pogo_core::policy::{Policy, Rule};
use pogo_core::scheduler::{Actor, Command, HoldMode, Input, InputError, JobStatus, Order, TaskState};

use crate::story::{Story, at_most, hosts, limited, on, web};

pub(crate) fn owner(name: &str) -> HoldOwner {
    name.parse().unwrap()
}

pub(crate) fn hold(names: &str, by: &str, mode: HoldMode) -> Command {
    Order::Hold {
        hosts: hosts(names),
        owner: owner(by),
        priority: 0,
        mode,
    }
    .because("a new disk")
}

pub(crate) fn release(names: &str, by: &str) -> Command {
    Order::Release {
        hosts: hosts(names),
        force: false,
        by: owner(by),
    }
    .because("it is in")
}

pub(crate) fn force(names: &str, by: &str) -> Command {
    Order::Release {
        hosts: hosts(names),
        force: true,
        by: owner(by),
    }
    .because("ann is on holiday")
}

pub(crate) fn with_priority(command: Command, priority: i32) -> Command {
    let mut command = command;
    if let Order::Hold { priority: of_hold, .. } = &mut command.order {
        *of_hold = priority;
    }
    command
}

use HoldMode::{Immediate, Wait};

/// `web1=ann, web2~bob`: who holds and who waits.
pub(crate) fn held(story: &Story) -> String {
    let holds = story.drill.scheduler().holds().map(|view| {
        let sign = if view.hold.since.is_some() { '=' } else { '~' };
        format!("{}{sign}{}", view.host, view.hold.owner)
    });
    holds.collect::<Vec<_>>().join(", ")
}

pub(crate) fn refusal(story: &mut Story, input: impl Into<Input>) -> InputError {
    let before = held(story);
    let refused = story.handle(input).unwrap_err();
    assert_eq!(held(story), before, "a refused order changes nothing");
    refused
}

#[test]
fn a_held_host_holds_a_slot_like_one_that_runs() {
    let mut story = Story::new(web("a,b,c"), at_most("2"));
    story.handle(hold("a", "ann", Immediate)).unwrap();
    assert_eq!(story.submit(on("b,c")), "b", "one of two slots is left");
    assert_eq!(story.handle(release("a", "ann")).unwrap(), "c");
}

#[test]
fn a_hold_is_refused_where_a_start_would_find_no_slot() {
    for rule in [
        Rule::MaxParallel("1".parse().unwrap()),
        Rule::MaxParallelTotal("1".parse().unwrap()),
        Rule::MinAvailable("2".parse().unwrap()),
    ] {
        let mut story = Story::new(web("a,b,c"), limited(rule));
        assert_eq!(story.submit(on("a")), "a");
        let refused = refusal(&mut story, hold("b", "ann", Immediate));
        assert!(
            matches!(refused, InputError::HoldRefused { ref host, .. } if host.as_str() == "b"),
            "{rule}"
        );
        story.ends("a");
        story.handle(hold("b", "ann", Immediate)).unwrap();
        assert_eq!(held(&story), "b=ann");
    }
}

#[test]
fn a_limit_of_what_runs_alone_says_nothing_of_holds() {
    let mut story = Story::new(web("a,b"), limited(Rule::MaxRunning("1".parse().unwrap())));
    assert_eq!(story.submit(on("a")), "a");
    story.handle(hold("b", "ann", Immediate)).unwrap();
    assert_eq!(held(&story), "b=ann");
}

#[test]
fn hosts_that_do_not_fit_together_are_refused_together() {
    let mut story = Story::new(web("a,b,c"), at_most("2"));
    let refused = refusal(&mut story, hold("a b c", "ann", Immediate));
    assert_eq!(
        refused.to_string(),
        "3 of the hosts are in $web, where max_parallel: 2 leaves 2; hold fewer at once, or order them to wait in line"
    );
    story.handle(hold("a b", "ann", Immediate)).unwrap();
    assert_eq!(held(&story), "a=ann, b=ann");
}

#[test]
fn a_host_that_is_unavailable_already_takes_no_further_slot() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("a"));
    story.fails("a");
    story.handle(hold("a", "ann", Immediate)).unwrap();
    assert_eq!(held(&story), "a=ann");
    story.handle(release("a", "ann")).unwrap();
    let refused = refusal(&mut story, hold("b", "ann", Immediate));
    assert!(
        matches!(refused, InputError::HoldRefused { .. }),
        "a is failed as before: {refused}"
    );
}

#[test]
fn holds_that_wait_are_in_force_as_slots_are_free() {
    let mut story = Story::new(web("a,b,c"), at_most("1"));
    assert_eq!(story.submit(on("a")), "a");
    story.handle(hold("b c", "ann", Wait)).unwrap();
    assert_eq!(held(&story), "b~ann, c~ann");
    story.ends("a");
    assert_eq!(held(&story), "b=ann, c~ann");
    story.handle(release("b", "ann")).unwrap();
    assert_eq!(held(&story), "c=ann");
}

#[test]
fn a_host_that_runs_is_held_when_its_attempt_has_ended() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    assert_eq!(story.submit(on("*")), "a");
    let refused = refusal(&mut story, hold("a", "ann", Immediate));
    assert!(
        refused
            .to_string()
            .starts_with("`a` cannot be held now: job 1 runs there"),
        "{refused}"
    );
    story.handle(with_priority(hold("a", "ann", Wait), 1)).unwrap();
    assert_eq!(story.ends("a"), "", "ann comes before b");
    assert_eq!(held(&story), "a=ann");
    assert_eq!(story.handle(release("a", "ann")).unwrap(), "b");
}

#[test]
fn a_host_that_fails_is_held_at_once_by_who_waits_for_it() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    assert_eq!(story.submit(on("*")), "a");
    story.handle(hold("a", "ann", Wait)).unwrap();
    story.fails("a");
    assert_eq!(held(&story), "a=ann", "it needs no second slot");
    story.handle(release("a", "ann")).unwrap();
    assert_eq!(story.status(1), JobStatus::Blocked, "a is failed as before");
}

#[test]
fn a_hold_waits_behind_jobs_of_before_and_ahead_of_jobs_of_later() {
    let mut story = Story::new(web("a,b,c,d"), at_most("1"));
    assert_eq!(story.submit(on("a,b")), "a");
    story.handle(hold("c", "ann", Wait)).unwrap();
    assert_eq!(story.submit(on("d")), "");
    assert_eq!(story.ends("a"), "b", "job 1 was first");
    assert_eq!(story.ends("b"), "");
    assert_eq!(held(&story), "c=ann");
    assert_eq!(story.handle(release("c", "ann")).unwrap(), "d");
}

#[test]
fn holds_stand_in_line_by_priority_and_among_equals_as_they_were_ordered() {
    let mut story = Story::new(web("a,b,c,d"), at_most("1"));
    story.submit(on("a"));
    story.handle(hold("d", "ann", Wait)).unwrap();
    story.waits(1);
    story.handle(hold("c", "ann", Wait)).unwrap();
    story.waits(1);
    story.handle(with_priority(hold("b", "bob", Wait), 1)).unwrap();
    story.ends("a");
    assert_eq!(held(&story), "b=bob, c~ann, d~ann");
    story.handle(release("b", "bob")).unwrap();
    assert_eq!(held(&story), "c~ann, d=ann");
}

#[test]
fn one_owner_at_a_time_holds_a_host() {
    let mut story = Story::new(web("a"), Policy::default());
    story.handle(hold("a", "ann", Immediate)).unwrap();
    let refused = refusal(&mut story, hold("a", "bob", Immediate));
    assert!(refused.to_string().contains("a is held by ann since"), "{refused}");
    story.handle(hold("a", "bob", Wait)).unwrap();
    story.handle(hold("a", "eve", Wait)).unwrap();
    assert_eq!(held(&story), "a=ann, a~bob, a~eve");
    story.handle(release("a", "ann")).unwrap();
    assert_eq!(held(&story), "a=bob, a~eve");
}

#[test]
fn a_held_host_starts_nothing_but_jobs_under_its_hold() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.handle(hold("a", "ann", Immediate)).unwrap();
    assert_eq!(story.submit(on("a")), "");
    assert_eq!(story.status(1), JobStatus::Blocked);
    assert_eq!(
        story.submit(on("a").override_constraints("fire")),
        "",
        "a hold is no constraint"
    );
    assert_eq!(story.submit(on("a").under_hold(owner("bob"))), "");
    assert_eq!(
        story.submit(on("a").under_hold(owner("ann"))),
        "a",
        "it has the slot of the hold"
    );
    assert_eq!(story.ends("a"), "");
    assert_eq!(held(&story), "a=ann", "the end of an attempt ends no hold");
    assert_eq!(story.status(4), JobStatus::Finished);
    let mut started = story.handle(release("a", "ann")).unwrap();
    for _ in 0..3 {
        assert_eq!(started, "a", "those that waited start one after the other");
        started = story.ends("a");
    }
}

#[test]
fn a_job_under_a_hold_runs_on_other_hosts_as_any_job() {
    let mut story = Story::new(web("a,b,c"), at_most("2"));
    story.handle(hold("a", "ann", Immediate)).unwrap();
    assert_eq!(story.submit(on("*").under_hold(owner("ann"))), "a b");
    assert_eq!(story.ends("a"), "", "a keeps its slot");
    assert_eq!(story.ends("b"), "c");
}

#[test]
fn frozen_hosts_are_held_when_they_are_thawed() {
    let mut story = Story::new(web("a"), Policy::default());
    let (by, reason) = ("bob".to_owned(), "the sale".to_owned());
    let freeze = Order::Freeze {
        hosts: "a".parse().unwrap(),
    }
    .by(Actor::new(by.clone()))
    .because(reason.clone());
    story.handle(freeze).unwrap();
    assert!(
        refusal(&mut story, hold("a", "ann", Immediate))
            .to_string()
            .contains("a is frozen by bob")
    );
    story.handle(hold("a", "ann", Wait)).unwrap();
    assert_eq!(held(&story), "a~ann");
    let hosts = "a".parse().unwrap();
    story
        .handle(Order::Thaw { hosts }.by(Actor::new(by)).because(reason))
        .unwrap();
    assert_eq!(held(&story), "a=ann");
}

#[test]
fn a_hold_under_which_hosts_failed_leaves_the_budget_to_the_job() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.handle(hold("a b", "ann", Immediate)).unwrap();
    let careful = on("*").under_hold(owner("ann")).max_failures("0".parse().unwrap());
    assert_eq!(story.submit(careful.max_parallel("1".parse().unwrap())), "a");
    story.fails("a");
    assert_eq!(story.status(1), JobStatus::Halted);
    assert_eq!(story.state(1, "b"), TaskState::Waiting);
    story.handle(release("a b", "ann")).unwrap();
    assert_eq!(story.state(1, "a"), TaskState::Failed);
}
