//! How tasks ended, by the records of a journal.

use pogo_core::scheduler::{Event, Record, TaskEventKind};

/// The host that a record is about.
pub(super) fn host(record: &Record) -> Option<&str> {
    match &record.event {
        Event::Task(task) => Some(task.host.as_str()),
        _ => None,
    }
}

/// How a task ended, if that is what a record says.
pub(super) fn end(record: &Record) -> Option<String> {
    let Event::Task(task) = &record.event else {
        return None;
    };
    record.event.ended()?;
    Some(match &task.kind {
        TaskEventKind::Succeeded { .. } => "succeeded".to_owned(),
        TaskEventKind::Failed { failure, .. } => format!("failed: {:?} ({})", failure.kind, failure.message),
        TaskEventKind::InDoubt { .. } => "in doubt".to_owned(),
        other => format!("{other:?}"),
    })
}
