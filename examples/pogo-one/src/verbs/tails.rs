//! The last words of hosts that failed.

use pogo_api::wire::OutputRange;
use pogo_api::{ClientError, NamespaceClient};
use pogo_core::output::Stream;
use pogo_core::scheduler::{AttemptId, HostResult, JobId};

use super::session::Session;
use crate::exit::CliError;
use crate::report;
use crate::service::client_error;

/// How many hosts are asked about: a second request for each may follow, and people wait.
const HOSTS: usize = 200;

/// Bytes that are read from the end.
const BYTES: u64 = 1_024;

/// The last lines that each of these hosts wrote to standard error; none where nothing is kept, and none for hosts
/// beyond the first 200.
pub(super) async fn of(session: &Session, job: JobId, hosts: &[HostResult]) -> Result<Vec<Vec<String>>, CliError> {
    let mut tails = vec![];
    for result in hosts {
        let attempt = result.last_attempt.as_ref().and_then(|attempt| attempt.id);
        tails.push(match attempt.filter(|_| tails.len() < HOSTS) {
            Some(attempt) => report::last_lines(&tail(&session.client, job, attempt).await?),
            None => vec![],
        });
    }
    Ok(tails)
}

async fn tail(client: &NamespaceClient, job: JobId, attempt: AttemptId) -> Result<Vec<u8>, CliError> {
    let start = OutputRange::of(job, attempt, Stream::Stderr);
    let mut page = match client.output(&start.clone().to(BYTES)).await {
        Ok(page) => page,
        // What is not kept is not shown.
        Err(ClientError::Refused(_)) => return Ok(vec![]),
        Err(error) => return Err(client_error(error)),
    };
    if page.length > page.next {
        let rest = start.from(page.length.saturating_sub(BYTES));
        page = client.output(&rest).await.map_err(client_error)?;
    }
    Ok(page.frames.into_iter().flat_map(|frame| frame.bytes).collect())
}
