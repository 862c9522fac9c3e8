//! The orders that a log shows, to be given once more.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Timestamp;
use crate::fleet::HostName;
use crate::policy::JobSettings;
use crate::scheduler::{
    Command, Event, HaltCause, HoldMode, HostEvent, HostEventKind, JobEvent, JobEventKind, JobId, NamespaceEvent,
    NamespaceEventKind, Order, OrderClass, OrderKind, Record, TaskEvent, TaskEventKind,
};

/// The orders that the events of a log follow from.
pub(super) fn orders(defaults: &JobSettings, records: &[Record]) -> Vec<(Timestamp, u64, Command)> {
    let mut defaults = defaults;
    let mut orders: Vec<(Timestamp, u64, Command)> = Vec::new();
    let mut forced = BTreeMap::new();
    let mut restored = false;
    for (record, rank) in records.iter().zip(1..) {
        if let Event::Namespace(NamespaceEvent { kind, .. }) = &record.event
            && let NamespaceEventKind::Configured { policy, .. } = kind
            && let Ok(policy) = policy.loaded()
        {
            defaults = &policy.defaults;
        }
        if let Event::Host(event) = &record.event
            && let HostEventKind::FenceForced { reason } = &event.kind
        {
            forced.insert(event.host.clone(), reason.clone());
        }
        let pauses = matches!(record.event.job_kind(), Some(JobEventKind::Paused));
        restored = record.event.restored().is_some() || restored && pauses;
        if restored {
            // A restore pauses every job by itself.
            continue;
        }
        let Some(mut command) = order(defaults, &record.event) else {
            continue;
        };
        command.actor = record.event.actor().cloned();
        by_force(&mut command, &mut forced);
        // An order for many hosts is a record for each: given one by one, the second might find
        // what the first has started.
        if let Some((at, _, last)) = orders.last_mut()
            && *at == record.at
            && joined(last, &command)
        {
            continue;
        }
        orders.push((record.at, rank, command));
    }
    orders
}

/// An order about a host that an operator has answered for just before was given by force.
fn by_force(command: &mut Command, forced: &mut BTreeMap<HostName, String>) {
    let host = match command.order.class() {
        OrderClass::HostsOfJob { hosts, .. } => hosts.first(),
        OrderClass::AvailableHost(host) => Some(host),
        OrderClass::Configuration { .. }
        | OrderClass::NewJob
        | OrderClass::Job(_)
        | OrderClass::EndedJob(_)
        | OrderClass::Hosts => None,
    };
    if let Some(reason) = host.and_then(|host| forced.remove(host))
        && let Order::Retry { force, .. } | Order::Skip { force, .. } | Order::MarkUp { force, .. } = &mut command.order
    {
        *force = true;
        command.reason = Some(reason.into());
    }
}

/// The order, if there was one, that this event follows from.
fn order(defaults: &JobSettings, event: &Event) -> Option<Command> {
    match event.clone() {
        Event::Namespace(event) => namespace_order(event.kind),
        Event::Host(event) => host_order(event),
        Event::Job(event) => job_order(defaults, event),
        Event::Task(TaskEvent { job, host, kind, .. }) => match kind {
            TaskEventKind::Retried { ordered: true, .. } => Some(retry(job, vec![host])),
            TaskEventKind::Skipped => {
                let (hosts, force) = (vec![host], false);
                Some(Order::Skip { job, hosts, force }.into())
            }
            TaskEventKind::Started { .. }
            | TaskEventKind::Permitted { .. }
            | TaskEventKind::Fenced { .. }
            | TaskEventKind::NeverBegan { .. }
            | TaskEventKind::PhaseEntered { .. }
            | TaskEventKind::HostKeyRecorded { .. }
            | TaskEventKind::Slow { .. }
            | TaskEventKind::CancelRequested { .. }
            | TaskEventKind::Succeeded { .. }
            | TaskEventKind::Failed { .. }
            | TaskEventKind::InDoubt { .. }
            | TaskEventKind::Retried { .. }
            | TaskEventKind::Cancelled => None,
        },
    }
}

fn retry(job: JobId, hosts: Vec<HostName>) -> Command {
    let force = false;
    Order::Retry { job, hosts, force }.into()
}

fn host_order(HostEvent { host, kind, .. }: HostEvent) -> Option<Command> {
    let hold = |owner, reason: String, priority, mode| {
        let hold = Order::Hold {
            hosts: vec![host.clone()],
            owner,
            priority,
            mode,
        };
        hold.because(reason)
    };
    Some(match kind {
        HostEventKind::MarkedDown { reason } => Order::MarkDown { host }.because(reason),
        HostEventKind::MarkedUp { reason } => Order::MarkUp { host, force: false }.because(reason),
        HostEventKind::FenceForced { .. } => return None,
        HostEventKind::HoldWaiting {
            owner,
            reason,
            priority,
        } => hold(owner, reason, priority, HoldMode::Wait),
        HostEventKind::Held { waited: true, .. } => return None,
        HostEventKind::Held { owner, reason, .. } => hold(owner, reason, 0, HoldMode::Immediate),
        HostEventKind::Released { owner, by, reason } => {
            let release = Order::Release {
                hosts: vec![host],
                force: by.is_some(),
                by: by.unwrap_or(owner),
            };
            release.because(reason)
        }
    })
}

fn namespace_order(kind: NamespaceEventKind) -> Option<Command> {
    Some(match kind {
        NamespaceEventKind::Configured { fleet, policy } => {
            let (fleet, policy) = (fleet.loaded().ok()?, policy.loaded().ok()?);
            Order::Configure {
                fleet: Arc::clone(fleet),
                policy: Arc::clone(policy),
            }
            .into()
        }
        NamespaceEventKind::HostsFrozen { hosts, reason, .. } => Order::Freeze { hosts }.because(reason),
        NamespaceEventKind::HostsThawed { hosts, reason, .. } => Order::Thaw { hosts }.because(reason),
        NamespaceEventKind::Ordered {
            order: OrderKind::Note,
            job: Some(job),
            reason: Some(text),
            ..
        } => Order::Note { job }.because(text),
        NamespaceEventKind::OwnerChanged { .. }
        | NamespaceEventKind::Restored { .. }
        | NamespaceEventKind::Ordered { .. }
        | NamespaceEventKind::LateReported { .. } => return None,
    })
}

fn job_order(defaults: &JobSettings, JobEvent { job, kind, .. }: JobEvent) -> Option<Command> {
    // A halt that a time limit or a budget caused follows again by itself.
    if kind.halt_cause().is_some_and(|cause| cause != HaltCause::Order) {
        return None;
    }
    Some(match kind {
        JobEventKind::Submitted {
            retry_of: Some(of),
            hosts,
            ..
        } => retry(of, hosts.to_vec()),
        JobEventKind::Submitted { spec, hosts, .. } => Order::Submit {
            job: Some(job),
            // With the defaults of the log's time: today's may be others.
            spec: Arc::new(spec.to_resubmit(defaults, hosts.len())),
        }
        .into(),
        JobEventKind::Paused => Order::Pause { job }.into(),
        JobEventKind::Resumed => Order::Resume { job }.into(),
        JobEventKind::Halting { reason, abort, .. } => match abort {
            false => Order::Halt { job }.because(reason),
            true => Order::Abort { job }.because(reason),
        },
        JobEventKind::Altered { change } => Order::Alter { job, change: *change }.into(),
        JobEventKind::WaveOpened { ordered: true, .. } => Order::Promote { job }.into(),
        JobEventKind::WaveOpened { .. }
        | JobEventKind::FailureBudgetExceeded { .. }
        | JobEventKind::Blocked { .. }
        | JobEventKind::Waiting
        | JobEventKind::Unblocked
        | JobEventKind::Halted
        | JobEventKind::Finished { .. }
        | JobEventKind::Retired => return None,
    })
}

/// Makes one order of two that were given as one.
fn joined(last: &mut Command, next: &Command) -> bool {
    match (&mut last.order, &next.order) {
        (
            Order::Retry { job, hosts, force },
            Order::Retry {
                job: of,
                hosts: more,
                force: forced,
            },
        )
        | (
            Order::Skip { job, hosts, force },
            Order::Skip {
                job: of,
                hosts: more,
                force: forced,
            },
        ) if job == of => {
            hosts.extend_from_slice(more);
            *force |= *forced;
            last.reason = last.reason.take().or_else(|| next.reason.clone());
            true
        }
        (order @ (Order::Hold { .. } | Order::Release { .. }), next_order) => {
            last.reason == next.reason && joined_hold(order, next_order)
        }
        _ => false,
    }
}

fn joined_hold(last: &mut Order, next: &Order) -> bool {
    // Those that waited together are in one line before the first of them is taken.
    let mut with_hosts = next.clone();
    let more = match (&*last, &mut with_hosts) {
        (Order::Hold { hosts, .. }, Order::Hold { hosts: more, .. })
        | (Order::Release { hosts, .. }, Order::Release { hosts: more, .. }) => std::mem::replace(more, hosts.clone()),
        _ => return false,
    };
    if *last != with_hosts {
        return false;
    }
    if let Order::Hold { hosts, .. } | Order::Release { hosts, .. } = last {
        hosts.extend(more);
    }
    true
}
