//! The records of jobs, in the journal and behind it.

use pogo_core::history::JobEventsQuery;
use pogo_core::journal::{JournalError, Seq};
use pogo_core::scheduler::{JobId, Record};
use zookeeper_client::{Client, Error};

use super::archived::Archived;
use crate::zookeeper::commits::{FoundCommit, ReadError, commits_from};
use crate::zookeeper::head::VersionedHead;
use crate::zookeeper::tree::{Paths, seqs_below};

/// Records that are read at once.
const BYTES: usize = 4 << 20;

/// The records of a job that come before a position. What is damaged is left out: a check tells it.
pub(super) async fn events_before(
    client: &Client,
    paths: &Paths,
    (first, _): (Seq, Seq),
    (job, before): (JobId, Seq),
) -> Result<Vec<Record>, ReadError> {
    let query = JobEventsQuery::of(job).limit(usize::MAX);
    match first_events(client, paths, (first, before), &query).await {
        Ok(events) => Ok(events.into_iter().map(|(_, record)| record).collect()),
        Err(ReadError::Journal(_)) => Ok(vec![]),
        Err(error) => Err(error),
    }
}

/// As many of the first records of a job as are asked for, and one more if there are more. They are in this range.
pub(super) async fn first_events(
    client: &Client,
    paths: &Paths,
    (first, until): (Seq, Seq),
    query: &JobEventsQuery,
) -> Result<Vec<(Seq, Record)>, ReadError> {
    let mut next = first.max(query.after.map_or(Seq(0), |after| Seq(after.0 + 1)));
    loop {
        match events_in(client, paths, (next, until), query).await {
            // They have left the journal meanwhile.
            Err(ReadError::Journal(JournalError::Compacted { first })) if first > next => {
                let archived = Archived::all(client, paths).await?;
                if archived.last().is_none_or(|last| last.until < first) {
                    // They are in neither: what was too much was removed.
                    next = first;
                }
            }
            events => return events,
        }
    }
}

async fn events_in(
    client: &Client,
    paths: &Paths,
    (first, until): (Seq, Seq),
    query: &JobEventsQuery,
) -> Result<Vec<(Seq, Record)>, ReadError> {
    let (mut events, mut next) = (vec![], first);
    let archived = Archived::all(client, paths).await?;
    for part in archived
        .into_iter()
        .filter(|part| part.until > first && part.at < until)
    {
        let node = match client.get_data(&part.path(paths)).await {
            // It was too much.
            Err(Error::NoNode) => continue,
            node => node?.0,
        };
        let found = FoundCommit::of(client, paths, (part.at, &node)).await?;
        next = found.about.until;
        take(&found, (first, until), query, &mut events)?;
        if events.len() > query.limit {
            return Ok(events);
        }
    }
    let end = VersionedHead::read(client, paths).await?.head.end.min(until);
    // What is older than all that there is was removed.
    let oldest = seqs_below(client, &paths.commits).await?.first().copied();
    if events.is_empty() && next == first {
        next = next.max(oldest.unwrap_or_default().min(end));
    }
    while next < end {
        for found in commits_from(client, paths, (next, end), BYTES).await? {
            next = found.about.until;
            take(&found, (first, until), query, &mut events)?;
        }
        if events.len() > query.limit {
            break;
        }
    }
    Ok(events)
}

/// Takes what is asked for out of a commit.
fn take(
    found: &FoundCommit,
    (first, until): (Seq, Seq),
    query: &JobEventsQuery,
    events: &mut Vec<(Seq, Record)>,
) -> Result<(), JournalError> {
    if !found.about.jobs.contains(&query.job) {
        return Ok(());
    }
    let records = found.positioned(first)?;
    events.extend(
        records
            .into_iter()
            .filter(|(at, record)| record.event.job() == Some(query.job) && *at < until && query.takes(*at, record)),
    );
    Ok(())
}
