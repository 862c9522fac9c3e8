//! `pogo audit`

use std::sync::Arc;

use pogo_audit::{AuditSummary, Auditor, Finding};
use pogo_inventory::PolicyFile;
use serde_json::json;

use crate::cli::{AuditArgs, PlanFormat};
use crate::exit::{CliError, Exit};
use crate::log::Log;
use crate::report;

pub(crate) fn audit(args: &AuditArgs) -> Result<Exit, CliError> {
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
        PlanFormat::Json => report::print(&report::json_line(&as_json(&log, &audited))?)?,
        PlanFormat::Text => report::print(&format!("{}\n", as_text(&log, &audited)))?,
    }
    Ok(if audited.is_ok() { Exit::Succeeded } else { Exit::Failed })
}

fn as_json(log: &Log, audited: &Result<AuditSummary, Finding>) -> serde_json::Value {
    match audited {
        Ok(audited) => json!({ "kept": true, "audited": audited }),
        Err(finding) => json!({ "kept": false, "position": log.position(finding.position), "finding": finding }),
    }
}

fn as_text(log: &Log, audited: &Result<AuditSummary, Finding>) -> String {
    match audited {
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
    }
}
