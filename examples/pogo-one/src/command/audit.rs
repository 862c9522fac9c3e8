//! `pogo audit`

use std::iter;
use std::path::Path;
use std::sync::Arc;

use pogo_audit::{AuditSummary, Auditor, BrokenRule, Finding};
use pogo_core::scheduler::{JobId, OrderEntry};
use pogo_inventory::PolicyFile;
use serde_json::json;

#[cfg(feature = "store")]
use crate::cli::JobArg;
use crate::cli::{AuditArgs, LogArg, PlanFormat};
use crate::exit::{CliError, Exit};
use crate::log::Log;
use crate::report;
#[cfg(feature = "store")]
use crate::verbs::JournalPart;

/// What of a job's own records is judged where those of other jobs are gone: [`BrokenRule::OF_ONE_JOB`] in words.
const JUDGED: &str = "the job's own limit, failures, retries, time limits, settle times, pauses and manual gates; \
                      permission before begin; one attempt at a time on a host";
/// [`BrokenRule::OF_ALL_JOBS`] in words.
const NOT_JUDGED: &str = "limits over several jobs; the fleet and the policy of that time, with their order; hosts \
                          that could have started, were frozen, held or in doubt; restores";

pub(crate) fn audit(args: &AuditArgs) -> Result<Exit, CliError> {
    let mut auditor = match &args.policy {
        Some(path) => {
            let (fleet, policy) = PolicyFile::read(path).map_err(CliError::usage)?.into_parts();
            Auditor::against(Arc::new(fleet.build().map_err(CliError::usage)?), Arc::new(policy))
        }
        None => Auditor::new(),
    };
    let (audited, job, lacks) = match &args.log {
        LogArg::File(path) => (of_file(path, &mut auditor)?, None::<JobId>, None::<String>),
        #[cfg(feature = "store")]
        LogArg::Job(job) => of_job(args, *job, &mut auditor)?,
    };
    let lacks = lacks.as_deref();
    let of_job = |order: &&OrderEntry| job.is_none() || order.job == job || order.retried_as == job;
    let orders: Vec<&OrderEntry> = auditor.orders().iter().filter(of_job).collect();
    match args.format {
        PlanFormat::Json => report::print(&report::json_line(&as_json(&audited, lacks, &orders))?)?,
        PlanFormat::Text => report::print(&as_text(&audited, lacks, &orders))?,
    }
    Ok(if audited.is_ok() { Exit::Succeeded } else { Exit::Failed })
}

/// What an audit says, of a broken rule with the position of the record.
type Audited = Result<AuditSummary, (String, Finding)>;

fn of_file(path: &Path, auditor: &mut Auditor) -> Result<Audited, CliError> {
    let log = Log::read(path)?;
    if log.records.is_empty() {
        return Err(log.refused("there is nothing in it"));
    }
    let taken = log.records.iter().try_for_each(|record| auditor.check(record));
    let audited = taken.and_then(|()| auditor.finish());
    Ok(audited.map_err(|finding| (log.position(finding.position), finding)))
}

/// The audit, its job, and why the records of that one were all that it judged.
#[cfg(feature = "store")]
type AuditedJob = (Audited, Option<JobId>, Option<String>);

/// All that happened beside a job, record by record: a journal may be longer than what fits into memory.
#[cfg(feature = "store")]
fn of_job(args: &AuditArgs, job: JobArg, auditor: &mut Auditor) -> Result<AuditedJob, CliError> {
    let mut taken = Ok(());
    let journal = crate::verbs::each_of_journal(&args.place, job, |part| match part {
        JournalPart::OwnRecords(job) => (*auditor, taken) = (Auditor::of_one_job(job), Ok(())),
        JournalPart::Record(record) if taken.is_ok() => taken = auditor.check(record),
        JournalPart::Record(_) => {}
    })?;
    if let (Some(_), Some(lacks)) = (&args.policy, &journal.lacks) {
        return Err(CliError::usage(format!(
            "the job cannot be held against a policy: limits count what all jobs do, and {lacks}; without `-c`, the \
             job is judged by its own settings"
        )));
    }
    let audited = taken.and_then(|()| auditor.finish());
    let position = |finding: &Finding| (finding.position + 1).min(journal.count);
    let audited = audited.map_err(|finding| (format!("{}:{}", journal.name, position(&finding)), finding));
    Ok((audited, Some(journal.job), journal.lacks))
}

fn as_json(audited: &Audited, lacks: Option<&str>, orders: &[&OrderEntry]) -> serde_json::Value {
    let mut json = match audited {
        Ok(audited) => json!({ "kept": true, "audited": audited, "orders": orders }),
        Err((position, finding)) => {
            json!({ "kept": false, "position": position, "finding": finding, "orders": orders })
        }
    };
    if let Some(lacks) = lacks {
        json["judged"] = json!(BrokenRule::OF_ONE_JOB);
        json["not_judged"] = json!(BrokenRule::OF_ALL_JOBS);
        json["not_judged_because"] = json!(lacks);
    }
    json
}

/// The result, and below it what was not judged, and who ordered what, where anything is known of that.
fn as_text(audited: &Audited, lacks: Option<&str>, orders: &[&OrderEntry]) -> String {
    let result = match audited {
        Ok(audited) if lacks.is_some() => format!("every rule that is judged was kept: {audited}"),
        Ok(audited) => format!("every rule was kept: {audited}"),
        Err((position, finding)) => {
            let Finding { at, rule, message, .. } = finding;
            format!("{position}: {message} [{rule}] (at {at})")
        }
    };
    let orders = orders.iter().filter(|order| order.is_attributed());
    let scope = lacks.map(|lacks| {
        format!("judged: {JUDGED}\nnot judged, because its journal is compacted: {NOT_JUDGED}\n  {lacks}\n")
    });
    iter::once(result + "\n")
        .chain(scope)
        .chain(orders.map(|order| order_lines(order)))
        .collect()
}

/// An order, and what followed.
fn order_lines(order: &OrderEntry) -> String {
    let line = format!("{}  {order}\n", order.at.utc());
    if order.followed.is_empty() {
        return line;
    }
    let followed: Vec<String> = order.followed.iter().map(ToString::to_string).collect();
    format!("{line}  then {}\n", followed.join(", "))
}
