//! Reads a host's boot id.

use std::time::Duration;

use pogo_core::dispatcher::Attempt;
use tokio::time::timeout;

use crate::exec::{
    CommandLine, ExecContext, Mark, Marker, NotStarted, Privilege, SideCommandError, SideCommandOutput,
    run_side_command,
};

/// Prints the mark `boot ID`, or `refused`. On Linux, macOS and other BSDs, in this order.
const BOOT_ID_SCRIPT: &str = r#"id=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null ||
  sysctl -n kern.bootsessionuuid 2>/dev/null || sysctl -n kern.boottime 2>/dev/null)
if [ -n "$id" ]; then BOOT; else REFUSED; fi"#;

/// Time limit for the answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads a text that differs in each boot of the host.
pub(super) async fn boot_id(context: ExecContext<'_>, attempt: &Attempt) -> Result<String, NotStarted> {
    let marker = Marker::secret(attempt.id);
    let why = "it does not tell which boot it is in, so that a restart could be seen";
    let script = BOOT_ID_SCRIPT.replace("BOOT", &marker.print("boot %s", r#""$id""#));
    let script = script.replace("REFUSED", &marker.print("refused %s", &format!("'{why}'")));
    let (line, prefix) = (CommandLine::new(&script, &[]), marker.prefix());
    let lost = || {
        NotStarted::ConnectionLost(
            context
                .link
                .disconnect_reason_or("the host does not tell which boot it is in"),
        )
    };
    let answer = match timeout(
        PATIENCE,
        run_side_command(context, (&Privilege::Login, &prefix), line, None),
    )
    .await
    {
        Ok(Ok(answer)) => answer,
        Ok(Err(SideCommandError::NoSession)) => {
            return Err(NotStarted::Refused("the host opens no session".to_owned()));
        }
        Ok(Err(SideCommandError::NoLink)) | Err(_) => return Err(lost()),
    };
    match answer.marks.first() {
        Some(Mark::Boot(id)) => Ok(id.clone()),
        Some(Mark::Refused(reason)) => Err(NotStarted::Refused(reason.clone())),
        _ => Err(without_mark(&answer).unwrap_or_else(lost)),
    }
}

/// Why a host that ended without a mark says nothing: it ran something else instead. `None` if it did not end.
fn without_mark(answer: &SideCommandOutput) -> Option<NotStarted> {
    let status = answer.status?;
    let words = match answer.text.as_str() {
        "" => String::new(),
        words => format!(": {words}"),
    };
    Some(NotStarted::Refused(format!(
        "the host does not tell which boot it is in (status {status}){words}"
    )))
}
