//! The question to a host, and the connection that asks it.

use std::time::Duration;

use pogo_core::dispatcher::Attempt;
use pogo_core::scheduler::Phase;

use super::answer::{HostAnswer, read_answer};
use super::script::asking_line;
use crate::config::GateOptions;
use crate::exec::{CommandLine, Mark, Marker, Privilege, SideCommandError, SideContext, run_side_command};
use crate::host_lock::LockKey;

/// Asks a host for the state of an attempt.
pub(crate) struct RecordQuery {
    pub(crate) line: CommandLine,
    /// The marks of the answer.
    pub(crate) marker: Marker,
}

impl RecordQuery {
    /// The host waits for so long for the end of what runs.
    pub(crate) fn about(attempt: &Attempt, options: &GateOptions, wait: Duration) -> Self {
        let (key, marker) = (LockKey::of(attempt, Phase::Connect), Marker::secret(attempt.id));
        let line = asking_line(options, &key, &marker, wait.as_secs());
        Self { line, marker }
    }

    /// The answer by the marks of a session that ended of itself.
    pub(crate) fn answer(marks: &[Mark]) -> Result<HostAnswer, String> {
        match marks.first() {
            Some(Mark::Found(words)) => Ok(read_answer(words)),
            _ => Err("the host ran something of its own in place of the question".to_owned()),
        }
    }
}

/// Asks the host for the state of the attempt, and waits for so long while it runs.
pub(super) async fn ask(
    side: SideContext<'_>,
    options: &GateOptions,
    attempt: &Attempt,
    wait: Duration,
) -> Result<HostAnswer, String> {
    let RecordQuery { line, marker } = RecordQuery::about(attempt, options, wait);
    let asked = run_side_command(side, (&Privilege::Login, &marker.prefix()), line, None).await;
    let output = asked.map_err(|error| match error {
        SideCommandError::NoSession => "the host opens no session".to_owned(),
        SideCommandError::NoLink => side.link.disconnect_reason_or("the link was lost"),
    })?;
    // Without a status the link broke: that is no answer of the host, and it can be asked again.
    if output.marks.is_empty() && output.status.is_none() {
        return Err(side.link.disconnect_reason_or("the host closed the session"));
    }
    RecordQuery::answer(&output.marks)
}
