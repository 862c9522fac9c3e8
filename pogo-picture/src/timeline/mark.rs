//! Moments that concern a job as a whole.

use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
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

/// The mark of an event, if any. The first configuration of a log has none.
pub(super) fn mark(at: Timestamp, event: &Event, before_jobs: bool) -> Option<Mark> {
    let (label, text) = match event {
        Event::Namespace(event) => of_namespace(&event.kind, before_jobs)?,
        Event::Job(event) => of_job(&event.kind)?,
        _ => return None,
    };
    let job = event.job().map(|job| format!("{job} ")).unwrap_or_default();
    let text = if text.is_empty() {
        format!("{job}{label}")
    } else {
        format!("{job}{label}: {text}")
    };
    Some(Mark { at, label, text })
}

fn of_namespace(event: &NamespaceEventKind, before_jobs: bool) -> Option<(String, String)> {
    Some(match event {
        NamespaceEventKind::Configured { .. } if !before_jobs => ("new rules".to_owned(), String::new()),
        NamespaceEventKind::OwnerChanged { owner, from, .. } => {
            let from = from.as_ref().map(|from| format!(" from {from}"));
            (
                "taken over".to_owned(),
                format!("by {owner}{}", from.unwrap_or_default()),
            )
        }
        NamespaceEventKind::HostsFrozen { hosts, by, reason } => {
            ("frozen".to_owned(), format!("{hosts} by {by} ({reason})"))
        }
        NamespaceEventKind::HostsThawed { hosts, by, reason } => {
            ("thawed".to_owned(), format!("{hosts} by {by} ({reason})"))
        }
        _ => return None,
    })
}

fn of_job(event: &JobEventKind) -> Option<(String, String)> {
    Some(match event {
        JobEventKind::Submitted {
            retry_of: Some(of),
            hosts,
            ..
        } => {
            let hosts = pogo_core::fleet::fold(hosts.iter().map(HostName::as_str));
            ("retry".to_owned(), format!("{hosts} of {of} once more"))
        }
        JobEventKind::Blocked { reasons } => {
            let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
            ("blocked".to_owned(), reasons.join("; "))
        }
        JobEventKind::Waiting => ("waiting".to_owned(), "waits for other jobs".to_owned()),
        JobEventKind::Unblocked => ("goes on".to_owned(), String::new()),
        JobEventKind::Paused => ("paused".to_owned(), String::new()),
        JobEventKind::Resumed => ("resumed".to_owned(), String::new()),
        JobEventKind::Halting { reason, abort, .. } => {
            (if *abort { "aborted" } else { "halting" }.to_owned(), reason.clone())
        }
        JobEventKind::Halted => ("halted".to_owned(), String::new()),
        JobEventKind::Altered { .. } => ("altered".to_owned(), String::new()),
        JobEventKind::WaveOpened { wave, ordered } => {
            let by = if *ordered { "promoted by an operator" } else { "" };
            (format!("wave {}", u64::from(*wave) + 1), by.to_owned())
        }
        JobEventKind::FailureBudgetExceeded {
            group,
            failures,
            allowed,
        } => (
            "too many failures".to_owned(),
            format!("{failures} failed in {group}, {allowed} may"),
        ),
        _ => return None,
    })
}
