//! `pogo audit`

use std::iter;
use std::path::Path;
use std::sync::Arc;

use pogo_audit::{AuditSummary, Auditor, Finding};
use pogo_core::scheduler::OrderEntry;
use pogo_inventory::PolicyFile;
use serde_json::json;

use crate::cli::{AuditArgs, PlanFormat};
use crate::exit::{CliError, Exit};
use crate::log::Log;
use crate::report;

pub(crate) fn audit(args: &AuditArgs) -> Result<Exit, CliError> {
    refuse_job(&args.log)?;
    let log = Log::read(&args.log)?;
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
    match args.format {
        PlanFormat::Json => report::print(&report::json_line(&as_json(&log, &audited, auditor.orders()))?)?,
        PlanFormat::Text => report::print(&as_text(&log, &audited, auditor.orders()))?,
    }
    Ok(if audited.is_ok() { Exit::Succeeded } else { Exit::Failed })
}

/// Limits count what all jobs do, so the records of one job prove nothing.
fn refuse_job(path: &Path) -> Result<(), CliError> {
    let number = path.to_str().map(|text| text.strip_prefix("job-").unwrap_or(text));
    let is_job = number.is_some_and(|text| text == "last" || text.parse::<u64>().is_ok());
    match is_job && !path.exists() {
        true => Err(CliError::usage(format!(
            "rules count what all jobs do, so a job cannot be judged by its own records: name a log of everything, \
             such as `run --events FILE` writes, not {}",
            path.display()
        ))),
        false => Ok(()),
    }
}

fn as_json(log: &Log, audited: &Result<AuditSummary, Finding>, orders: &[OrderEntry]) -> serde_json::Value {
    match audited {
        Ok(audited) => json!({ "kept": true, "audited": audited, "orders": orders }),
        Err(finding) => {
            let position = log.position(finding.position);
            json!({ "kept": false, "position": position, "finding": finding, "orders": orders })
        }
    }
}

/// The result, and below it who ordered what, where anything is known of that.
fn as_text(log: &Log, audited: &Result<AuditSummary, Finding>, orders: &[OrderEntry]) -> String {
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
    iter::once(result + "\n").chain(orders.map(order_lines)).collect()
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
