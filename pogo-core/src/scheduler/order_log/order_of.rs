//! From one record to the order that led to it.

use std::sync::Arc;

use super::OrderEntry;
use crate::Timestamp;
use crate::scheduler::{
    Actor, Event, HostEventKind, JobEventKind, JobId, NamespaceEventKind, OrderKind, TaskEventKind,
};

/// The order that led to a record.
pub(super) fn order_of(at: Timestamp, event: &Event) -> Option<OrderEntry> {
    let mut entry = match event {
        Event::Namespace(event) => of_namespace(at, &event.kind)?,
        Event::Host(event) => {
            let mut entry = of_host(at, &event.kind)?;
            entry.hosts.push(event.host.clone());
            entry
        }
        Event::Job(event) => of_job(at, event.job, &event.kind)?,
        Event::Task(event) => {
            let order = event.kind.order()?;
            let (job, hosts) = (Some(event.job), vec![event.host.clone()]);
            OrderEntry {
                job,
                hosts,
                ..OrderEntry::new(at, order)
            }
        }
    };
    if let Some(actor) = event.actor() {
        entry.actor = Some(Arc::clone(actor));
    }
    Some(entry)
}

/// The word for what follows from an order, but is none.
pub(super) fn followed(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::Task(event) => match event.kind {
            TaskEventKind::Succeeded { .. } => "succeeded",
            TaskEventKind::Failed { .. } => "failed",
            TaskEventKind::InDoubt { .. } => "in doubt",
            TaskEventKind::NeverBegan { .. } => "never began",
            TaskEventKind::Fenced { .. } => "fenced",
            TaskEventKind::Cancelled => "cancelled",
            TaskEventKind::Started { .. }
            | TaskEventKind::Permitted { .. }
            | TaskEventKind::PhaseEntered { .. }
            | TaskEventKind::HostKeyRecorded { .. }
            | TaskEventKind::Slow { .. }
            | TaskEventKind::CancelRequested { .. }
            | TaskEventKind::Retried { .. }
            | TaskEventKind::Skipped => return None,
        },
        Event::Job(event) => match event.kind {
            JobEventKind::Halted => "halted",
            JobEventKind::Finished { .. } => "finished",
            JobEventKind::Blocked { .. } => "blocked",
            JobEventKind::Unblocked => "unblocked",
            JobEventKind::Submitted { .. }
            | JobEventKind::WaveOpened { .. }
            | JobEventKind::FailureBudgetExceeded { .. }
            | JobEventKind::Waiting
            | JobEventKind::Paused
            | JobEventKind::Resumed
            | JobEventKind::Halting { .. }
            | JobEventKind::Altered { .. }
            | JobEventKind::Retired => return None,
        },
        Event::Host(event) => match event.kind {
            HostEventKind::Held { .. } => "held",
            HostEventKind::MarkedDown { .. }
            | HostEventKind::MarkedUp { .. }
            | HostEventKind::FenceForced { .. }
            | HostEventKind::HoldWaiting { .. }
            | HostEventKind::Released { .. } => return None,
        },
        Event::Namespace(_) => return None,
    })
}

fn said(reason: &str) -> Option<Arc<str>> {
    (!reason.is_empty()).then(|| Arc::from(reason))
}

fn of_namespace(at: Timestamp, kind: &NamespaceEventKind) -> Option<OrderEntry> {
    Some(match kind {
        NamespaceEventKind::Configured { .. } => OrderEntry::new(at, OrderKind::Configure),
        NamespaceEventKind::HostsFrozen { hosts, by, reason } => OrderEntry {
            selector: Some(hosts.to_string()),
            // Logs from before orders had actors name who ordered a freeze.
            actor: (!by.is_empty()).then(|| Arc::new(Actor::new(by.as_str()))),
            reason: said(reason),
            ..OrderEntry::new(at, OrderKind::Freeze)
        },
        NamespaceEventKind::HostsThawed { hosts, by, reason } => OrderEntry {
            selector: Some(hosts.to_string()),
            actor: (!by.is_empty()).then(|| Arc::new(Actor::new(by.as_str()))),
            reason: said(reason),
            ..OrderEntry::new(at, OrderKind::Thaw)
        },
        NamespaceEventKind::Restored { reason, .. } => OrderEntry {
            reason: said(reason),
            ..OrderEntry::new(at, OrderKind::Restore)
        },
        NamespaceEventKind::Ordered { order, job, reason, .. } => OrderEntry {
            job: *job,
            reason: reason.clone(),
            ..OrderEntry::new(at, *order)
        },
        NamespaceEventKind::OwnerChanged { .. } | NamespaceEventKind::LateReported { .. } => return None,
    })
}

fn of_host(at: Timestamp, kind: &HostEventKind) -> Option<OrderEntry> {
    let (order, reason, force) = match kind {
        HostEventKind::MarkedDown { reason } => (OrderKind::MarkDown, reason, false),
        HostEventKind::MarkedUp { reason } => (OrderKind::MarkUp, reason, false),
        HostEventKind::HoldWaiting { reason, .. }
        | HostEventKind::Held {
            reason, waited: false, ..
        } => (OrderKind::Hold, reason, false),
        HostEventKind::Held { .. } | HostEventKind::FenceForced { .. } => return None,
        HostEventKind::Released { reason, by, .. } => (OrderKind::Release, reason, by.is_some()),
    };
    Some(OrderEntry {
        reason: said(reason),
        force,
        ..OrderEntry::new(at, order)
    })
}

fn of_job(at: Timestamp, job: JobId, kind: &JobEventKind) -> Option<OrderEntry> {
    if let JobEventKind::Submitted { retry_of, hosts, .. } = kind {
        return Some(match retry_of {
            Some(of) => OrderEntry {
                job: Some(*of),
                retried_as: Some(job),
                hosts: hosts.to_vec(),
                ..OrderEntry::new(at, OrderKind::Retry)
            },
            None => OrderEntry {
                job: Some(job),
                ..OrderEntry::new(at, OrderKind::Submit)
            },
        });
    }
    let (order, reason) = kind.order()?;
    Some(OrderEntry {
        job: Some(job),
        reason: said(reason),
        ..OrderEntry::new(at, order)
    })
}
