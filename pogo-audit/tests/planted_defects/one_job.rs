//! What a job's own records show, where those of other jobs are gone.

use pogo_audit::{AuditSummary, Auditor, BrokenRule, Finding};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{AttemptId, JobId, Record, TaskEventKind};
use pogo_core::sim::Fault;
use serde_json::json;

use super::asking::{asking, permitted, started_as, then};
use super::{at_most, log, on, started, with_setting, world};

/// The records of the job alone, as its history keeps them.
fn own(records: &[Record]) -> Vec<Record> {
    let of_job = |record: &&Record| record.event.job() == Some(JobId::new(1));
    records.iter().filter(of_job).cloned().collect()
}

fn audit(records: &[Record]) -> Result<AuditSummary, Finding> {
    let mut auditor = Auditor::of_one_job(JobId::new(1));
    records.iter().try_for_each(|record| auditor.check(record))?;
    auditor.finish()
}

#[test]
fn a_job_that_kept_its_own_settings_is_accepted() {
    let records = own(&log(world(at_most("2")), on("$web").max_parallel("2".parse().unwrap())));
    let audited = audit(&records).unwrap();
    assert_eq!((audited.jobs, audited.starts, audited.running), (1, 4, 0));
    // The numbers between are those of attempts of other jobs.
    let renumbered = |record: &Record| {
        let mut line = serde_json::to_value(record).unwrap();
        if let Some(attempt) = line.get("attempt").and_then(serde_json::Value::as_u64) {
            line["attempt"] = json!(attempt * 10);
        }
        serde_json::from_value(line).unwrap()
    };
    let renumbered: Vec<Record> = records.iter().map(renumbered).collect();
    assert_eq!(audit(&renumbered).unwrap(), audited);
}

#[test]
fn records_of_other_jobs_are_skipped() {
    let records = log(world(Policy::default()), on("$web"));
    let mut auditor = Auditor::of_one_job(JobId::new(2));
    records.iter().for_each(|record| auditor.check(record).unwrap());
    assert_eq!(auditor.finish().unwrap().jobs, 0);
}

#[test]
fn more_at_once_than_the_jobs_own_limit_are_found() {
    let records = own(&log(
        world(Policy::default()),
        on("$web").max_parallel("3".parse().unwrap()),
    ));
    let finding = audit(&with_setting(&records, "max_parallel", &json!("2"))).unwrap_err();
    assert_eq!(finding.rule, BrokenRule::Stopped, "{finding}");
    assert_eq!(finding.message, "`web3` starts while 2 of the job run, and 2 may");
}

#[test]
fn what_began_without_permission_is_found() {
    let mut records = asking(on("web[1-2]"));
    then(&mut records, 0, "web1", permitted(1, true));
    let succeeded = |attempt| TaskEventKind::Succeeded {
        attempt: AttemptId::new(attempt),
        output: None,
    };
    then(&mut records, 1, "web1", succeeded(1));
    then(&mut records, 1, "web2", started_as(2));
    let mut records = own(&records);
    audit(&records).unwrap();
    then(&mut records, 2, "web2", succeeded(2));
    let finding = audit(&records).unwrap_err();
    assert_eq!(
        (finding.rule, finding.position),
        (BrokenRule::Permission, records.len() - 1),
        "{finding}"
    );
}

#[test]
fn more_retries_than_the_job_allows_are_found() {
    let failing = world(at_most("1")).inject_everywhere(Fault::fails(1));
    let records = own(&log(failing, on("web1").retries(2)));
    let finding = audit(&with_setting(&records, "retries", &json!(1))).unwrap_err();
    assert_eq!(finding.rule, BrokenRule::Once, "{finding}");
    assert_eq!(finding.message, "`web1` is tried again, and 1 retries are allowed");
}

#[test]
fn two_attempts_at_once_on_a_host_and_numbers_that_go_back_are_found() {
    let mut records = own(&log(world(at_most("1")), on("$web")));
    let first = records.iter().position(started).unwrap();
    let mut again = records[first].clone();
    records.insert(first + 1, again.clone());
    assert_eq!(audit(&records).unwrap_err().rule, BrokenRule::Log);
    let mut line = serde_json::to_value(&again).unwrap();
    line["attempt"] = json!(99);
    again = serde_json::from_value(line).unwrap();
    records[first + 1] = again;
    assert_eq!(audit(&records).unwrap_err().rule, BrokenRule::Once);
}

#[test]
fn each_rule_is_either_of_one_job_or_of_all() {
    let of = |rules: &[BrokenRule]| rules.iter().copied().collect::<std::collections::BTreeSet<_>>();
    let (one, all) = (of(BrokenRule::OF_ONE_JOB), of(BrokenRule::OF_ALL_JOBS));
    assert!(one.is_disjoint(&all));
    // In order of their declaration, of which this is the last.
    assert_eq!(one.len() + all.len(), BrokenRule::Log as usize + 1);
}
