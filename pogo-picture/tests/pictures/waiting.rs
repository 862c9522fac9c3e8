//! What a picture says of hosts that wait, and of a job that is blocked.

use std::sync::Arc;

use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{FailureKind, JobStatus, Outcome, Record, TaskState};
use pogo_core::sim::what_if::{Questions, Scenario};
use pogo_core::sim::{Fault, World};
use pogo_core::testing::{Drill, Step, fleets, job_specs, policies, steps};
use pogo_picture::Timeline;
use proptest::prelude::*;
use roxmltree::Document;

use super::worlds::{of_class, rollout, shop, tooltip};

/// A rollout that ends when this host has failed: it holds a slot that others wait for.
fn blocked(fronts: usize, failing: &str) -> Vec<Record> {
    let (fleet, policy) = shop(4, fronts);
    let failure = Outcome::failed(FailureKind::Command { status: 3 }, "");
    let world = World::new(fleet, policy).unwrap();
    let mut world = world
        .inject(&failing.parse().unwrap(), &Fault::Always(failure))
        .unwrap();
    world
        .submit(JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("restart")))
        .unwrap();
    world.run().records
}

#[test]
fn a_blocked_job_says_what_keeps_it_from_going_on() {
    let timeline = Timeline::of(&blocked(8, "front[1-4]")).unwrap();
    let sentence = "front1 (failed in job 1 at 5.00s) holds the only slot of $front.east (max_parallel: 25%)";
    for picture in [timeline.svg(), timeline.html()] {
        assert!(picture.contains(sentence), "{picture}");
    }
    assert!(timeline.html().contains(&format!("<li>{sentence}</li>")));
    assert!(
        timeline.text(80).contains(&format!("\nblocked: {sentence}\n")),
        "{}",
        timeline.text(80)
    );
    assert!(
        !Timeline::of(&rollout(8, "front1", ""))
            .unwrap()
            .svg()
            .contains("blocked: "),
        "this one ends"
    );
}

#[test]
fn waiting_hosts_say_why() {
    let svg = Timeline::of(&blocked(8, "front[1-4]")).unwrap().svg();
    let document = Document::parse(&svg).unwrap();
    let waits: Vec<String> = of_class(&document, "wait").iter().map(tooltip).collect();
    let why = "waits since 0ms \u{b7} front1 (failed in job 1 at 5.00s) holds the only slot of $front.east \
        (max_parallel: 25%)";
    let wanted = ["front2", "front3", "front4"].map(|host| format!("{host} \u{b7} {why}"));
    assert_eq!(waits, wanted);
    // Two obstacles: the limit, and the stage before.
    let svg = Timeline::of(&blocked(8, "cache2")).unwrap().svg();
    let document = Document::parse(&svg).unwrap();
    let tooltip: Vec<String> = of_class(&document, "wait").iter().map(tooltip).collect();
    for tooltip in tooltip.iter().filter(|tooltip| tooltip.starts_with("front")) {
        assert!(
            tooltip.contains("where cache2 failed") && tooltip.contains("cache[3-4]"),
            "{tooltip}"
        );
    }
}

#[test]
fn a_band_says_why_how_many_of_its_hosts_wait() {
    let svg = Timeline::of(&blocked(996, "cache2")).unwrap().svg();
    let document = Document::parse(&svg).unwrap();
    let bands: Vec<String> = of_class(&document, "band").iter().map(tooltip).collect();
    let cache = bands.iter().find(|tooltip| tooltip.starts_with("$cache")).unwrap();
    assert!(
        cache.contains("2 wait: cache2 (failed in job 1 at 2.00s) holds the only slot"),
        "{cache}"
    );
    for tooltip in bands.iter().filter(|tooltip| !tooltip.starts_with("$cache")) {
        assert!(
            tooltip.contains(" wait: $front comes after $cache in sequence `caches first`, where cache2 failed"),
            "{tooltip}"
        );
    }
}

#[test]
fn groups_stand_in_the_order_of_the_plan() {
    // What comes first in the policy starts nothing.
    let fleet = Fleet::builder()
        .tagged("early", "early[1-2]")
        .tagged("late", "late[1-2]");
    let limit =
        |group: &str, most: &str| Constraint::new(group.parse().unwrap(), Rule::MaxParallel(most.parse().unwrap()));
    let policy = Policy::new()
        .constraint(limit("$late", "0"))
        .constraint(limit("$early", "1"));
    let mut world = World::new(fleet.build().unwrap(), policy).unwrap();
    world
        .submit(JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("restart")))
        .unwrap();
    let svg = Timeline::of(&world.run().records).unwrap().svg();
    let document = Document::parse(&svg).unwrap();
    let titles: Vec<&str> = of_class(&document, "bold")
        .iter()
        .filter_map(|title| title.text())
        .collect();
    assert_eq!(titles[..2], ["$late", "$early"]);
}

#[test]
fn a_page_has_every_host_of_its_bands_once() {
    let html = Timeline::of(&blocked(996, "front[100-120]")).unwrap().html();
    let attributes = html
        .split("data-hosts=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap());
    let mut hosts: Vec<&str> = attributes
        .flat_map(|hosts| hosts.split(' '))
        .map(|host| host.split('|').next().unwrap())
        .collect();
    assert_eq!(hosts.len(), 1000);
    hosts.sort_unstable();
    hosts.dedup();
    assert_eq!(hosts.len(), 1000);
    assert!(
        !Timeline::of(&blocked(996, "front100"))
            .unwrap()
            .svg()
            .contains("data-hosts"),
        "an image opens nothing"
    );
}

#[test]
fn one_run_of_many_tells_how_they_spread_in_the_units_of_its_axis() {
    let (fleet, policy) = shop(4, 8);
    let spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("restart"));
    let times = pogo_core::sim::TaskTimes::LogNormal {
        median: std::time::Duration::from_secs(30),
        sigma: 0.5,
    };
    let scenario = Scenario::new(World::new(fleet, policy).unwrap().task_times(times), spec);
    let answer = scenario.what_if(&Questions::new(1, 20).cost_runs(0)).unwrap();
    let records = scenario.history(answer.typical.seed).unwrap().records;
    let timeline = Timeline::of(&records).unwrap();
    let took = timeline
        .text(80)
        .lines()
        .next()
        .unwrap()
        .split(" in ")
        .nth(1)
        .unwrap()
        .to_owned();
    let timeline = timeline.among(answer.runs, &answer.makespan.unwrap());
    let said = format!("p50 {took}, p90 ");
    for picture in [
        timeline.svg(),
        timeline.html(),
        timeline.text(80),
        answer.to_string().replace("p50", ""),
    ] {
        assert!(
            picture.contains(&said) || picture.contains(&took),
            "{said} is not in {picture}"
        );
    }
    assert!(timeline.svg().contains(&said) && timeline.text(80).contains("one of 20 runs, which took min "));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_waits_in_a_job_that_is_not_over_is_told_why_and_nobody_else(
        (fleet, policy, job) in (fleets(1..=7), policies(), job_specs()),
        steps in prop::collection::vec(steps(), 0..30),
    ) {
        let Ok(mut drill) = Drill::new(Arc::clone(&fleet), Arc::clone(&policy)) else { return Ok(()) };
        drill.play(&Step::Submit(Box::new(job)));
        steps.iter().for_each(|step| _ = drill.play(step));
        let jobs: Vec<_> = drill.scheduler().jobs().collect();
        let [job] = jobs.as_slice() else { return Ok(()) };
        let Ok(timeline) = Timeline::of(drill.records()) else { return Ok(()) };
        let svg = timeline.svg();
        let document = Document::parse(&svg).unwrap();
        let first_word = |node| tooltip(node).split(' ').next().unwrap().to_owned();
        let mut tooltip: Vec<String> = of_class(&document, "wait").iter().map(first_word).collect();
        let waits = |task: &pogo_core::scheduler::TaskView<'_>| {
            task.state() == TaskState::Waiting && job.status() != JobStatus::Finished
        };
        let mut waiting: Vec<String> = job.tasks().filter(waits).map(|task| task.host().to_string()).collect();
        tooltip.sort();
        waiting.sort();
        prop_assert_eq!(tooltip, waiting);
    }
}
