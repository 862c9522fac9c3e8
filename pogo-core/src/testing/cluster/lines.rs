//! Events in a few words.

use crate::scheduler::{Event, HostEventKind, Input, JobEventKind, NamespaceEventKind, TaskEventKind};

/// What happened, for a person who follows a trace.
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

/// An order, for the same person.
pub(super) fn input_line(input: &Input) -> String {
    let hosts = |hosts: &[crate::fleet::HostName]| crate::fleet::fold(hosts);
    match input {
        Input::Retry { job, hosts: of } => format!("retry {job} {}", hosts(of)),
        Input::Skip { job, hosts: of } => format!("skip {job} {}", hosts(of)),
        Input::Pause { job } => format!("pause {job}"),
        Input::Resume { job } => format!("resume {job}"),
        Input::Halt { job, .. } => format!("halt {job}"),
        Input::Abort { job, .. } => format!("abort {job}"),
        Input::Alter { job, .. } => format!("update {job}"),
        Input::MarkDown { host, .. } => format!("mark down {}", host.as_str()),
        Input::MarkUp { host, .. } => format!("mark up {}", host.as_str()),
        Input::Freeze { hosts, .. } => format!("freeze {hosts}"),
        Input::Thaw { hosts, .. } => format!("thaw {hosts}"),
        other => name(other),
    }
}

/// The name of a variant, in small letters.
fn name(kind: &impl std::fmt::Debug) -> String {
    let text = format!("{kind:?}");
    let end = text.find([' ', '{', '(']).unwrap_or(text.len());
    text.get(..end).unwrap_or_default().to_lowercase()
}
