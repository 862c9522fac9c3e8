//! Short texts of events, for traces.

use crate::scheduler::{Event, HostEventKind, JobEventKind, NamespaceEventKind, Order, TaskEventKind};

/// A short text of an event.
pub(super) fn event_line(event: &Event) -> String {
    match event {
        Event::Namespace(event) => match &event.kind {
            NamespaceEventKind::OwnerChanged { owner, .. } => format!("owned by {owner}"),
            NamespaceEventKind::LateReported { attempt, .. } => format!("{attempt} reports late"),
            kind => name(kind),
        },
        Event::Host(event) => match &event.kind {
            HostEventKind::MarkedDown { .. } => format!("{} down", event.host.as_str()),
            HostEventKind::MarkedUp { .. } => format!("{} up", event.host.as_str()),
            HostEventKind::HoldWaiting { owner, .. } => format!("{owner} waits to hold {}", event.host.as_str()),
            HostEventKind::Held { owner, .. } => format!("{} held by {owner}", event.host.as_str()),
            HostEventKind::Released { owner, .. } => format!("{} released, of {owner}", event.host.as_str()),
        },
        Event::Job(event) => match &event.kind {
            JobEventKind::Submitted { hosts, .. } => format!("{} submitted, {} hosts", event.job, hosts.len()),
            kind => format!("{} {}", event.job, name(kind)),
        },
        Event::Task(event) => {
            let host = event.host.as_str();
            let what = match &event.kind {
                TaskEventKind::NeverBegan { reason, .. } => format!("never began ({reason})"),
                TaskEventKind::InDoubt { message, .. } => format!("in doubt ({message})"),
                TaskEventKind::Failed { failure, .. } => format!("failed ({})", failure.kind),
                TaskEventKind::PhaseEntered { phase, .. } => phase.to_string(),
                kind => name(kind),
            };
            match event.attempt() {
                Some(attempt) => format!("{} {host} {attempt} {what}", event.job),
                None => format!("{} {host} {what}", event.job),
            }
        }
    }
}

/// A short text of an order.
pub(super) fn order_line(order: &Order) -> String {
    let hosts = |hosts: &[crate::fleet::HostName]| crate::fleet::fold(hosts);
    match order {
        Order::Retry { job, hosts: of } => format!("retry {job} {}", hosts(of)),
        Order::Skip { job, hosts: of } => format!("skip {job} {}", hosts(of)),
        Order::Pause { job } => format!("pause {job}"),
        Order::Resume { job } => format!("resume {job}"),
        Order::Halt { job, .. } => format!("halt {job}"),
        Order::Abort { job, .. } => format!("abort {job}"),
        Order::Alter { job, .. } => format!("update {job}"),
        Order::MarkDown { host, .. } => format!("mark down {}", host.as_str()),
        Order::MarkUp { host, .. } => format!("mark up {}", host.as_str()),
        Order::Freeze { hosts, .. } => format!("freeze {hosts}"),
        Order::Thaw { hosts, .. } => format!("thaw {hosts}"),
        other => name(other),
    }
}

/// The name of a variant, in small letters.
fn name(kind: &impl std::fmt::Debug) -> String {
    let text = format!("{kind:?}");
    let end = text.find([' ', '{', '(']).unwrap_or(text.len());
    text.get(..end).unwrap_or_default().to_lowercase()
}
