//! Freezes: nothing more is started on some hosts, in any job, until they are thawed.

use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::fleet::Fleet;
use pogo_core::policy::Policy;
use pogo_core::scheduler::{
    Actor, Blocker, Command, Event, Freeze, Input, InputError, JobEventKind, JobStatus, Order, Scheduler, Snapshot,
};
use pogo_core::sim::World;

use crate::story::{Story, at_most, host, on, web};

fn freeze(hosts: &str) -> Command {
    Order::Freeze {
        hosts: hosts.parse().unwrap(),
    }
    .by(Actor::new("ann"))
    .because("the sale")
}

fn thaw(hosts: &str) -> Command {
    Order::Thaw {
        hosts: hosts.parse().unwrap(),
    }
    .by(Actor::new("bob"))
    .because("it is over")
}

fn frozen(hosts: &str, at: u64) -> Blocker {
    Blocker::Frozen {
        freeze: Freeze::new(
            hosts.parse().unwrap(),
            "ann",
            "the sale",
            Timestamp::from_millis(at * 1_000),
        ),
    }
}

fn refusal(story: &mut Story, input: impl Into<Input>) -> String {
    story.handle(input).unwrap_err().to_string()
}

#[test]
fn a_freeze_of_a_pattern_holds_every_host_that_matches() {
    let mut story = Story::new(web("web1,web2,db1"), Policy::default());
    story.handle(freeze("web*")).unwrap();
    assert_eq!(story.submit(on("*")), "db1");
    assert_eq!(story.handle(thaw("web*")).unwrap(), "web1 web2");
}

#[test]
fn what_runs_goes_on_and_nothing_more_is_started_in_any_job_until_thawed() {
    let mut story = Story::new(web("a,b").host("x"), at_most("1"));
    assert_eq!(story.submit(on("$web")), "a");
    story.handle(freeze("$web")).unwrap();
    assert_eq!(story.ends("a"), "");
    assert_eq!(story.submit(on("a,x")), "x", "others go on");
    let overriding = on("b").override_constraints("fire");
    assert_eq!(story.submit(overriding), "", "a freeze is no constraint");
    assert_eq!(story.handle(thaw("$web")).unwrap(), "b");
}

#[test]
fn a_job_of_which_all_that_waits_is_frozen_is_blocked_and_says_who_and_why_and_since_when() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.waits(7);
    story.handle(freeze("*")).unwrap();
    assert_eq!(story.submit(on("*")), "");
    assert_eq!(story.status(1), JobStatus::Blocked);
    assert_eq!(story.explain(1, "a"), [frozen("*", 7)]);
    let said = story
        .drill
        .records()
        .iter()
        .find_map(|record| match record.event.job_kind() {
            Some(JobEventKind::Blocked { reasons }) => Some(reasons.clone()),
            _ => None,
        });
    let said: Vec<String> = said.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        ["* is frozen by ann since 1970-01-01 00:00 UTC (the sale): pogo thaw '*'"]
    );
    assert_eq!(story.handle(thaw("*")).unwrap(), "a b");
    assert_eq!(story.status(1), JobStatus::Running);
}

#[test]
fn a_host_that_is_to_be_tried_again_is_not_waited_for_while_it_is_frozen() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    let retried = on("a").retries(1);
    assert_eq!(story.submit(retried), "a");
    story.submit(on("b"));
    story.handle(freeze("a")).unwrap();
    story.fails("a");
    assert_eq!([story.status(1), story.status(2)], [JobStatus::Blocked; 2]);
    story.waits(60);
    assert_eq!(story.handle(thaw("a")).unwrap(), "a");
}

#[test]
fn a_host_that_two_freezes_hold_is_thawed_by_both() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.handle(freeze("$web")).unwrap();
    story.waits(1);
    story.handle(freeze("a")).unwrap();
    story.submit(on("*"));
    assert_eq!(story.explain(1, "a"), [frozen("$web", 0), frozen("a", 1)]);
    assert_eq!(story.handle(thaw("$web")).unwrap(), "b");
    assert_eq!(story.handle(thaw("a")).unwrap(), "a");
}

#[test]
fn hosts_that_join_the_group_later_are_frozen_and_hosts_that_leave_the_fleet_thaw_nobody() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.handle(freeze("$web")).unwrap();
    story.handle(freeze("a,x")).unwrap_err();
    story.handle(freeze("a,b")).unwrap();
    story.configure(web("a,c"), Policy::default());
    assert_eq!(story.submit(on("*")), "");
    assert_eq!(story.explain(1, "c"), [frozen("$web", 0)]);
    assert_eq!(story.handle(thaw("$web")).unwrap(), "c");
    assert_eq!(story.explain(1, "a"), [frozen("a,b", 0)]);
}

#[test]
fn a_fleet_without_a_tag_that_is_frozen_is_refused_with_the_cure() {
    let mut story = Story::new(web("a"), Policy::default());
    story.handle(freeze("$web")).unwrap();
    let fleet = std::sync::Arc::new(Fleet::builder().host("a").build().unwrap());
    let policy = std::sync::Arc::new(Policy::default());
    let refused = refusal(&mut story, Order::Configure { fleet, policy });
    assert!(refused.starts_with("`$web` is frozen, by ann"), "{refused}");
    assert!(refused.contains("thaw it"), "{refused}");
}

#[test]
fn a_freeze_is_named_by_its_selector() {
    let mut story = Story::new(web("a,b"), Policy::default());
    let nothing = "`$web` is not frozen; nothing is";
    assert_eq!(refusal(&mut story, thaw("$web")), nothing);
    story.handle(freeze("$web")).unwrap();
    let other = "`*` is not frozen; a freeze is ended by the selector it was given: `$web`";
    assert_eq!(refusal(&mut story, thaw("*")), other);
    let twice = story.handle(freeze("$web")).unwrap_err();
    assert!(matches!(twice, InputError::AlreadyFrozen { .. }));
    assert!(refusal(&mut story, freeze("$wob")).contains("$wob"));
}

#[test]
fn a_freeze_survives_a_restart() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.handle(freeze("a")).unwrap();
    let replayed = story.drill.replayed();
    let text = serde_json::to_string(&story.drill.scheduler().snapshot()).unwrap();
    let restored = Scheduler::restore(&serde_json::from_str::<Snapshot>(&text).unwrap()).unwrap();
    for scheduler in [replayed.scheduler(), &restored] {
        assert!(scheduler.same_state(story.drill.scheduler()));
        assert_eq!(scheduler.freezes().count(), 1);
    }
}

#[test]
fn a_run_with_a_freeze_and_a_promotion_once_more_is_the_same_run() {
    let fleet = || web("h[1-6]").build().unwrap();
    let waves = ["1", "50%"].map(|size| size.parse().unwrap()).to_vec();
    let mut world = World::new(fleet(), at_most("2"))
        .unwrap()
        .at(Timestamp::from_millis(1_500), freeze("h[1-3]"))
        .at(
            Timestamp::from_millis(20_000),
            Order::Promote {
                job: pogo_core::scheduler::JobId::new(1),
            },
        )
        .at(Timestamp::from_millis(90_000), thaw("h[1-3]"));
    let bake = Duration::from_secs(60);
    world.submit(on("*").waves(waves).bake(bake)).unwrap();
    let past = world.run();
    assert!(past.scheduler.jobs().all(|job| job.status() == JobStatus::Finished));
    let promoted = |event: &Event| matches!(event.job_kind(), Some(JobEventKind::WaveOpened { ordered: true, .. }));
    assert!(past.records.iter().any(|record| promoted(&record.event)));
    assert_eq!(World::rerun(&past.records).unwrap().run().records, past.records);
    let _ = host("h1");
}
