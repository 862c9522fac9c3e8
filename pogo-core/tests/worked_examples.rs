//! The worked examples of the original system, as a conversation with the scheduler: who starts when who has ended.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::fleet::{Fleet, FleetBuilder, Selector};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule, Sequence};
use pogo_core::scheduler::{AttemptId, FailureKind, Input, JobId, JobStatus, Order, Outcome, Scheduler};

const JOB: JobId = JobId::new(1);

/// One job, whose hosts succeed or fail one by one.
struct Story {
    scheduler: Scheduler,
    running: BTreeMap<String, AttemptId>,
}

impl Story {
    fn new(fleet: FleetBuilder, policy: Policy) -> Self {
        let mut story = Self {
            scheduler: Scheduler::new(),
            running: BTreeMap::new(),
        };
        let (fleet, policy) = (Arc::new(fleet.build().unwrap()), Arc::new(policy));
        story.handle(Order::Configure { fleet, policy });
        story
    }

    fn submit(&mut self, targets: &str) -> String {
        let spec = Arc::new(JobSpec::new(selector(targets), RemoteCommand::shell("true")));
        self.handle(Order::Submit { job: Some(JOB), spec })
    }

    /// These hosts succeed, in turn; returns who starts.
    fn ends(&mut self, hosts: &str) -> String {
        self.report(hosts, &Outcome::Succeeded)
    }

    fn fails(&mut self, hosts: &str) -> String {
        self.report(hosts, &Outcome::failed(FailureKind::Command { status: 1 }, ""))
    }

    fn report(&mut self, hosts: &str, outcome: &Outcome) -> String {
        let started: Vec<String> = hosts
            .split(' ')
            .map(|host| {
                let attempt = self
                    .running
                    .remove(host)
                    .unwrap_or_else(|| panic!("{host} does not run"));
                self.handle(Input::Reported {
                    attempt,
                    outcome: outcome.clone(),
                    output: None,
                })
            })
            .filter(|started| !started.is_empty())
            .collect();
        started.join(" ")
    }

    fn handle(&mut self, input: impl Into<Input>) -> String {
        let mut started = Vec::new();
        for event in self.scheduler.handle(Timestamp::EPOCH, input).unwrap() {
            if let (Some(attempt), Some(host)) = (event.started(), event.host()) {
                self.running.insert(host.to_string(), attempt);
                started.push(host.to_string());
            }
        }
        assert_eq!(self.scheduler.verify(), Ok(()));
        started.sort();
        started.join(" ")
    }

    fn status(&self) -> JobStatus {
        self.scheduler.job(JOB).unwrap().status()
    }
}

fn selector(text: &str) -> Selector {
    text.parse().unwrap()
}

fn sequence(stages: &[&str]) -> Sequence {
    Sequence::new(stages.join(" then "), stages.iter().map(|stage| selector(stage)))
}

fn max_parallel(group: &str, limit: &str) -> Constraint {
    Constraint::new(selector(group), Rule::MaxParallel(limit.parse().unwrap()))
}

fn colos() -> FleetBuilder {
    Fleet::builder()
        .tagged("colo.na", "h[1-3]")
        .tagged("colo.sea", "h[4-6]")
}

#[test]
fn one_two_at_a_time_first_na_then_sea() {
    let policy = Policy::new()
        .sequence(sequence(&["$colo.na", "$colo.sea"]))
        .constraint(max_parallel("$colo", "2"));
    let mut story = Story::new(colos(), policy);
    assert_eq!(story.submit("$colo"), "h1 h2");
    assert_eq!(story.ends("h1"), "h3");
    assert_eq!(story.ends("h2"), "");
    assert_eq!(story.ends("h3"), "h4 h5");
    assert_eq!(story.ends("h4"), "h6");
    story.ends("h5 h6");
    assert_eq!(story.status(), JobStatus::Finished);
}

#[test]
fn two_a_sequence_of_the_frontends_alone() {
    let fleet = colos().tagged("frontend", "h1,h4");
    let sequences = vec![sequence(&["$colo.na", "$colo.sea"]).scoped(selector("$frontend"))];
    let mut story = Story::new(fleet, Policy::new().sequences(sequences));
    assert_eq!(story.submit("$colo"), "h1 h2 h3 h5 h6");
    assert_eq!(story.ends("h1"), "h4");
}

#[test]
fn three_frontends_one_way_and_backends_the_other() {
    let fleet = colos().tagged("frontend", "h1,h4").tagged("backend", "h2,h5");
    let sequences = vec![
        sequence(&["$colo.na", "$colo.sea"]).scoped(selector("$frontend")),
        sequence(&["$colo.sea", "$colo.na"]).scoped(selector("$backend")),
    ];
    let mut story = Story::new(fleet, Policy::new().sequences(sequences));
    assert_eq!(story.submit("$colo"), "h1 h3 h5 h6");
    assert_eq!(story.ends("h1"), "h4");
    assert_eq!(story.ends("h5"), "h2");
}

#[test]
fn four_bare_hosts_one_by_one() {
    let sequences = vec![sequence(&["h3", "h2", "h1"])];
    let mut story = Story::new(colos(), Policy::new().sequences(sequences));
    assert_eq!(story.submit("h1,h2,h3"), "h3");
    assert_eq!(story.ends("h3"), "h2");
    assert_eq!(story.ends("h2"), "h1");
}

#[test]
fn five_order_is_kept_across_a_stage_without_hosts() {
    let fleet = Fleet::builder()
        .tagged("one", "a")
        .tagged("two", "b")
        .tagged("three", "c");
    let sequences = vec![sequence(&["$one", "$two", "$three"])];
    let mut story = Story::new(fleet, Policy::new().sequences(sequences));
    assert_eq!(story.submit("a,c"), "a");
    assert_eq!(story.ends("a"), "c");
}

#[test]
fn six_separate_sequences_do_not_wait_for_each_other() {
    let fleet = Fleet::builder()
        .tagged("south", "s")
        .tagged("north", "n")
        .tagged("west", "w")
        .tagged("east", "e");
    let sequences = vec![sequence(&["$south", "$north"]), sequence(&["$west", "$east"])];
    let mut story = Story::new(fleet, Policy::new().sequences(sequences));
    assert_eq!(story.submit("*"), "s w");
    assert_eq!(story.ends("s"), "n");
    assert_eq!(story.ends("w"), "e");
}

#[test]
fn seven_backends_one_at_a_time_then_frontends_five_at_a_time() {
    let fleet = || Fleet::builder().tagged("frontend", "h1,h2").tagged("backend", "h3,h4");
    let policy = Policy::new()
        .sequence(sequence(&["$backend", "$frontend"]))
        .constraint(max_parallel("$backend", "1"))
        .constraint(max_parallel("$frontend", "5"));
    let mut story = Story::new(fleet(), policy.clone());
    assert_eq!(story.submit("*"), "h3");
    assert_eq!(story.ends("h3"), "h4");
    assert_eq!(story.ends("h4"), "h1 h2");

    let mut frontends = Story::new(fleet(), policy);
    assert_eq!(frontends.submit("h1,h2"), "h1 h2");
}

#[test]
fn five_at_a_time_becomes_four_after_a_failure_and_nothing_after_five() {
    let fleet = Fleet::builder().tagged("web", "w[001-100]");
    let policy = Policy::new().constraint(max_parallel("$web", "5"));
    let mut story = Story::new(fleet, policy);
    assert_eq!(story.submit("$web"), "w001 w002 w003 w004 w005");
    assert_eq!(story.fails("w001"), "", "four go on");
    assert_eq!(story.ends("w002"), "w006");
    assert_eq!(story.running.len(), 4);
    assert_eq!(story.fails("w003 w004 w005 w006"), "");
    assert_eq!(story.status(), JobStatus::Blocked);
    let tally = story.scheduler.job(JOB).unwrap().tally();
    assert_eq!((tally.failed, tally.waiting), (5, 94), "no further host was touched");
    let why = story.scheduler.explain(JOB, "w050").unwrap();
    assert_eq!(why.len(), 1);
    assert!(
        why[0]
            .to_string()
            .contains("w[001,003-006] (failed in job 1 at 1970-01-01 00:00 UTC) hold all 5 slots of $web"),
        "{}",
        why[0]
    );
}
