//! `pogo audit`

use std::iter;
use std::sync::Arc;

use pogo_audit::{AuditSummary, Auditor, Finding};
use pogo_core::scheduler::OrderEntry;
use pogo_inventory::PolicyFile;
use serde_json::json;

use crate::cli::{AuditArgs, LogArg, PlanFormat};
use crate::exit::{CliError, Exit};
use crate::log::Log;
use crate::report;

pub(crate) fn audit(args: &AuditArgs) -> Result<Exit, CliError> {
    let (log, job) = match &args.log {
        LogArg::File(path) => (Log::read(path)?, None),
        #[cfg(feature = "store")]
        LogArg::Job(job) => crate::verbs::journal_of(&args.place, *job).map(|(log, job)| (log, Some(job)))?,
    };
    if log.records.is_empty() {
        return Err(log.refused("there is nothing in it"));
    }
    let mut auditor = match &args.policy {
        Some(path) => {
            let (fleet, policy) = PolicyFile::read(path).map_err(CliError::usage)?.into_parts();
            Auditor::against(Arc::new(fleet.build().map_err(CliError::usage)?), Arc::new(policy))
        }
        None => Auditor::new(),
    };
    let taken = log.records.iter().try_for_each(|record| auditor.check(record));
    let audited = taken.and_then(|()| auditor.finish());
    let of_job = |order: &&OrderEntry| job.is_none() || order.job == job || order.retried_as == job;
    let orders: Vec<&OrderEntry> = auditor.orders().iter().filter(of_job).collect();
    match args.format {
        PlanFormat::Json => report::print(&report::json_line(&as_json(&log, &audited, &orders))?)?,
        PlanFormat::Text => report::print(&as_text(&log, &audited, &orders))?,
    }
    Ok(if audited.is_ok() { Exit::Succeeded } else { Exit::Failed })
}

fn as_json(log: &Log, audited: &Result<AuditSummary, Finding>, orders: &[&OrderEntry]) -> serde_json::Value {
    match audited {
        Ok(audited) => json!({ "kept": true, "audited": audited, "orders": orders }),
        Err(finding) => {
            let position = log.position(finding.position);
            json!({ "kept": false, "position": position, "finding": finding, "orders": orders })
        }
    }
}

/// The result, and below it who ordered what, where anything is known of that.
fn as_text(log: &Log, audited: &Result<AuditSummary, Finding>, orders: &[&OrderEntry]) -> String {
    let result = match audited {
        Ok(audited) => format!("every rule was kept: {audited}"),
        Err(finding) => {
            let Finding {
                at,
                rule,
                message,
                position,
                ..
            } = finding;
            format!("{}: {message} [{rule}] (at {at})", log.position(*position))
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
