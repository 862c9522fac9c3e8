//! A policy asserted in a unit test: simulate a job under it, and look at the events.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule, Sequence};
use pogo_core::scheduler::{Event, FailureKind, JobStatus, Outcome, TaskEvent, TaskEventKind};
use pogo_core::sim::{Fault, History, World};

/// Runs everything under our policy; these hosts fail.
fn roll_out(failing: &str) -> History {
    let fleet = Fleet::builder()
        .tagged("db", "db[1-3]")
        .tagged("web", "web[01-40]")
        .build()
        .unwrap();
    let policy = Policy::new()
        .sequence(Sequence::new(
            "databases first",
            ["$db".parse().unwrap(), "$web".parse().unwrap()],
        ))
        .constraint(Constraint::new(
            "$db".parse().unwrap(),
            Rule::MaxParallel("1".parse().unwrap()),
        ))
        .constraint(Constraint::new(
            "$web".parse().unwrap(),
            Rule::MaxParallel("25%".parse().unwrap()),
        ));
    let failure = Outcome::failed(FailureKind::Command { status: 1 }, "");
    let world = World::new(fleet, policy).unwrap();
    let mut world = world
        .inject(&failing.parse().unwrap(), &Fault::Always(failure))
        .unwrap();
    world
        .submit(JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("restart")))
        .unwrap();
    world.run()
}

#[test]
fn never_more_than_ten_web_servers_are_away() {
    let (mut away, mut most) = (0_i32, 0);
    for record in roll_out("web05").records {
        let Event::Task(TaskEvent { host, kind, .. }) = &record.event else {
            continue;
        };
        match kind {
            TaskEventKind::Started { .. } if host.as_str().starts_with("web") => away += 1,
            TaskEventKind::Succeeded { .. } if host.as_str().starts_with("web") => away -= 1,
            _ => {}
        }
        most = most.max(away);
    }
    assert_eq!(most, 10);
}

#[test]
fn no_web_server_is_touched_when_a_database_fails() {
    let history = roll_out("db2");
    let is_web = |event: &Event| event.host().is_some_and(|host| host.as_str().starts_with("web"));
    let touched = |event: &Event| is_web(event) && event.started().is_some();
    assert!(!history.records.iter().any(|record| touched(&record.event)));
    assert!(history.scheduler.jobs().all(|job| job.status() == JobStatus::Blocked));
}
