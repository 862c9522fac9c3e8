//! Defects that are planted in logs, and what an audit says of them. The audits of random histories are with the
//! scheduler that wrote them: `pogo-core/tests/properties/audited.rs`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod asking;
mod doubts;
mod one_job;
mod permission;
mod starts;
mod time_limits;

use pogo_audit::{Finding, audit};
use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{Event, JobEventKind, Record};
use pogo_core::sim::World;
use serde_json::Value;

fn on(targets: &str) -> JobSpec {
    JobSpec::new(targets.parse().unwrap(), RemoteCommand::shell("true"))
}

fn at_most(hosts: &str) -> Policy {
    let limit = Constraint::new("$web".parse().unwrap(), Rule::MaxParallel(hosts.parse().unwrap()));
    Policy::new().constraint(limit)
}

fn world(policy: Policy) -> World {
    World::new(Fleet::builder().tagged("web", "web[1-4]").build().unwrap(), policy).unwrap()
}

/// The log of a job, which an audit accepts.
fn log(mut world: World, spec: JobSpec) -> Vec<Record> {
    world.submit(spec).unwrap();
    let records = world.run().records;
    audit(&records).unwrap();
    records
}

fn found(records: &[Record]) -> Finding {
    audit(records).unwrap_err()
}

/// As if the job had been submitted with this setting.
fn with_setting(records: &[Record], key: &str, value: &Value) -> Vec<Record> {
    let with = |record: &Record| {
        let mut line = serde_json::to_value(record).unwrap();
        if let Some(spec) = line.get_mut("spec") {
            spec[key] = value.clone();
        }
        serde_json::from_value(line).unwrap()
    };
    records.iter().map(with).collect()
}

fn started(record: &Record) -> bool {
    record.event.started().is_some()
}

#[test]
fn findings_are_sentences() {
    let mut records = log(world(at_most("1")), on("*"));
    let paused = Event::of_job(pogo_core::scheduler::JobId::new(1), JobEventKind::Paused);
    let last = records.iter().rposition(started).unwrap();
    let at = records[last].at;
    records.insert(last, Record::new(at, paused));
    assert_eq!(found(&records).message, "`web4` starts although the job is paused");
    let finished = records
        .iter()
        .position(|record| matches!(record.event.job_kind(), Some(JobEventKind::Finished { .. })));
    let end = records[finished.unwrap()].clone();
    records.truncate(5);
    records.push(end);
    let message = found(&records).message;
    assert_eq!(
        message,
        "job-1 is running (2 waiting, 1 running, 1 done), which does not lead to this"
    );
}
