//! The connection that asks.

use std::time::Duration;

use pogo_core::dispatcher::Attempt;
use pogo_core::scheduler::Phase;

use super::answer::{HostAnswer, read_answer};
use super::script::asking_line;
use crate::config::GateOptions;
use crate::exec::{ExecContext, Mark, Marker, Privilege, SideCommandError, run_side_command};
use crate::host_lock::LockKey;

/// Asks the host what became of the attempt, and waits for so long while it runs.
pub(super) async fn ask(
    exec: ExecContext<'_>,
    options: &GateOptions,
    attempt: &Attempt,
    wait: Duration,
) -> Result<HostAnswer, String> {
    let (key, marker) = (LockKey::of(attempt, Phase::Connect), Marker::secret(attempt.id));
    let line = asking_line(options, &key, &marker, wait.as_secs());
    let asked = run_side_command(exec, (&Privilege::Login, &marker.prefix()), line, None).await;
    let output = asked.map_err(|error| match error {
        SideCommandError::NoSession => "the host opens no session".to_owned(),
        SideCommandError::NoLink => exec.link.disconnect_reason_or("the link was lost"),
    })?;
    match output.marks.first() {
        Some(Mark::Found(words)) => Ok(read_answer(words)),
        _ if output.status.is_none() => Err(exec.link.disconnect_reason_or("the host closed the session")),
        _ => Err("the host ran something of its own in place of the question".to_owned()),
    }
}
