//! What whoever follows a job says when another dispatcher has it.

use std::fmt::Display;
use std::time::Duration;

use pogo_api::NamespaceClient;
use pogo_core::scheduler::JobId;

use super::{Place, about};
use crate::exit::CliError;

/// Contact with a job is lost that goes on.
pub(super) fn goes_on_elsewhere(job: JobId, error: impl Display) -> CliError {
    let number = job.number();
    CliError::ContactLost(format!(
        "{error}\nthe job was submitted: `pogo wait {number}` waits for its end"
    ))
}

/// Who has the job now, after how long, and how many of its hosts nobody knows about yet. `None` where contact is lost
/// again, which whoever follows finds out.
pub(super) async fn took_over(
    place: &Place,
    (client, job): (&NamespaceClient, JobId),
    away: Duration,
) -> Option<String> {
    let about = about(place).await.ok()??;
    let tally = client.job(job).await.ok()?.summary.tally;
    let doubtful = match tally.in_doubt {
        0 => "no host is in doubt".to_owned(),
        1 => "1 host is in doubt".to_owned(),
        some => format!("{some} hosts are in doubt"),
    };
    let (process, after) = (about.process, away.as_secs_f64());
    Some(format!(
        "the dispatcher of process {process} took over after {after:.1} s; {doubtful}"
    ))
}
