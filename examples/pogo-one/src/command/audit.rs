//! `pogo audit`

use std::iter;
use std::path::Path;
use std::sync::Arc;

use pogo_audit::{AuditSummary, Auditor, Finding};
use pogo_core::scheduler::{JobId, OrderEntry};
use pogo_inventory::PolicyFile;
use serde_json::json;

#[cfg(feature = "store")]
use crate::cli::JobArg;
use crate::cli::{AuditArgs, LogArg, PlanFormat};
use crate::exit::{CliError, Exit};
use crate::log::Log;
use crate::report;

pub(crate) fn audit(args: &AuditArgs) -> Result<Exit, CliError> {
    let mut auditor = match &args.policy {
        Some(path) => {
            let (fleet, policy) = PolicyFile::read(path).map_err(CliError::usage)?.into_parts();
            Auditor::against(Arc::new(fleet.build().map_err(CliError::usage)?), Arc::new(policy))
        }
        None => Auditor::new(),
    };
    let (audited, job) = match &args.log {
        LogArg::File(path) => (of_file(path, &mut auditor)?, None::<JobId>),
        #[cfg(feature = "store")]
        LogArg::Job(job) => of_job(args, *job, &mut auditor)?,
    };
    let of_job = |order: &&OrderEntry| job.is_none() || order.job == job || order.retried_as == job;
    let orders: Vec<&OrderEntry> = auditor.orders().iter().filter(of_job).collect();
    match args.format {
        PlanFormat::Json => report::print(&report::json_line(&as_json(&audited, &orders))?)?,
        PlanFormat::Text => report::print(&as_text(&audited, &orders))?,
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

/// All that happened beside a job, record by record: a journal may be longer than what fits into memory.
#[cfg(feature = "store")]
fn of_job(args: &AuditArgs, job: JobArg, auditor: &mut Auditor) -> Result<(Audited, Option<JobId>), CliError> {
    let mut taken = Ok(());
    let journal = crate::verbs::each_of_journal(&args.place, job, |record| {
        if taken.is_ok() {
            taken = auditor.check(record);
        }
    })?;
    let audited = taken.and_then(|()| auditor.finish());
    let position = |finding: &Finding| (finding.position + 1).min(journal.count);
    let audited = audited.map_err(|finding| (format!("{}:{}", journal.name, position(&finding)), finding));
    Ok((audited, Some(journal.job)))
}

fn as_json(audited: &Audited, orders: &[&OrderEntry]) -> serde_json::Value {
    match audited {
        Ok(audited) => json!({ "kept": true, "audited": audited, "orders": orders }),
        Err((position, finding)) => {
            json!({ "kept": false, "position": position, "finding": finding, "orders": orders })
        }
    }
}

/// The result, and below it who ordered what, where anything is known of that.
fn as_text(audited: &Audited, orders: &[&OrderEntry]) -> String {
    let result = match audited {
        Ok(audited) => format!("every rule was kept: {audited}"),
        Err((position, finding)) => {
            let Finding { at, rule, message, .. } = finding;
            format!("{position}: {message} [{rule}] (at {at})")
        }
    };
    let orders = orders.iter().filter(|order| order.is_attributed());
    iter::once(result + "\n")
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
