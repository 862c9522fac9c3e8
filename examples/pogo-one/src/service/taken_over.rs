//! What whoever follows a job says when another dispatcher has it.

use std::fmt::Display;
use std::time::Duration;

use pogo_api::{NamespaceClient, TakeoverSentence};
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
    let sentence = TakeoverSentence {
        owner: &format!("of process {}", about.process),
        away: Some(away),
        in_doubt: usize::try_from(tally.in_doubt).unwrap_or(usize::MAX),
        known_again: 0,
    };
    Some(sentence.to_string())
}
