//! Moments that concern a job as a whole.

use pogo_core::Timestamp;
use pogo_core::scheduler::{Event, JobEventKind, NamespaceEventKind};

/// A moment that is drawn as a line across the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) at: Timestamp,
    /// A word or two.
    pub(super) label: String,
    /// The full text.
    pub(super) text: String,
}

/// The mark of an event, if any, with the reason of its order. The first configuration of a log has none.
pub(super) fn mark(at: Timestamp, event: &Event, reason: Option<&str>, before_jobs: bool) -> Option<Mark> {
    let label = match event {
        Event::Namespace(event) => of_namespace(&event.kind, before_jobs)?.to_owned(),
        Event::Job(event) => of_job(&event.kind)?,
        _ => return None,
    };
    let mut text = event.to_string();
    if let Some(reason) = reason.filter(|_| has_no_reason(event)) {
        text = format!("{text}: {reason}");
    }
    Some(Mark { at, label, text })
}

/// Whether the event says no reason itself: that of its order is in another record.
fn has_no_reason(event: &Event) -> bool {
    matches!(
        event.job_kind(),
        Some(
            JobEventKind::Paused
                | JobEventKind::Resumed
                | JobEventKind::Altered { .. }
                | JobEventKind::WaveOpened { .. }
        )
    )
}

fn of_namespace(event: &NamespaceEventKind, before_jobs: bool) -> Option<&'static str> {
    Some(match event {
        NamespaceEventKind::Configured { .. } if !before_jobs => "new rules",
        NamespaceEventKind::OwnerChanged { .. } => "taken over",
        NamespaceEventKind::Restored { .. } => "restored",
        NamespaceEventKind::HostsFrozen { .. } => "frozen",
        NamespaceEventKind::HostsThawed { .. } => "thawed",
        _ => return None,
    })
}

fn of_job(event: &JobEventKind) -> Option<String> {
    let label = match event {
        JobEventKind::Submitted { retry_of: Some(_), .. } => "retry",
        JobEventKind::Blocked { .. } => "blocked",
        JobEventKind::Waiting => "waiting",
        JobEventKind::Unblocked => "goes on",
        JobEventKind::Paused => "paused",
        JobEventKind::Resumed => "resumed",
        JobEventKind::Halting { abort: true, .. } => "aborted",
        JobEventKind::Halting { .. } => "halting",
        JobEventKind::Halted => "halted",
        JobEventKind::Altered { .. } => "altered",
        JobEventKind::WaveOpened { wave, .. } => return Some(format!("wave {}", u64::from(*wave) + 1)),
        JobEventKind::FailureBudgetExceeded { .. } => "too many failures",
        _ => return None,
    };
    Some(label.to_owned())
}
