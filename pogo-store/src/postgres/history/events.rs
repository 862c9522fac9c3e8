//! The records of jobs, in the journal and behind it.

use sqlx::{PgConnection, Row};

use pogo_core::history::JobEventsQuery;
use pogo_core::journal::Seq;
use pogo_core::scheduler::{JobId, Record};

use super::span::{Span, span};
use crate::postgres::commits::FoundCommit;
use crate::postgres::fence::stored;
use crate::postgres::within::long;
use crate::remote::{Answer, Failed};

/// Commits that are read at once.
const BATCH: i64 = 500;

const COMMITS: &str = "
    SELECT at, until, epoch, crc, records FROM (
        SELECT at, until, epoch, crc, records, jobs FROM history WHERE namespace = $1 AND at >= $2
         UNION ALL
        SELECT at, until, epoch, crc, records, jobs FROM commits WHERE namespace = $1 AND at >= $2) AS c
     WHERE (at < $3 OR at >= $4) AND ($5::bigint IS NULL OR jobs @> ARRAY[$5::bigint])
     ORDER BY at LIMIT $6";

async fn commits(
    connection: &mut PgConnection,
    namespace: i64,
    span: Span,
    job: Option<JobId>,
) -> Result<Vec<FoundCommit>, Failed> {
    let statement = sqlx::query(COMMITS)
        .bind(namespace)
        .bind(stored(span.first.0))
        .bind(stored(span.until.0))
        .bind(stored(span.upto.0))
        .bind(job.map(|job| stored(job.number())))
        .bind(BATCH);
    let rows = long(statement.fetch_all(connection)).await?;
    rows.iter().map(FoundCommit::of).collect()
}

const COMMIT_OF: &str = "
    SELECT coalesce(greatest((SELECT max(at) FROM history WHERE namespace = $1 AND at <= $2),
                             (SELECT max(at) FROM commits WHERE namespace = $1 AND at <= $2)), 0)";

/// Where the commit begins that has this record.
async fn commit_of(connection: &mut PgConnection, namespace: i64, record: Seq) -> Result<Seq, Failed> {
    let statement = sqlx::query(COMMIT_OF).bind(namespace).bind(stored(record.0));
    let begin: i64 = long(statement.fetch_one(connection)).await?.try_get(0)?;
    Ok(Seq(begin.cast_unsigned()))
}

/// Commits from a position on, which one of them begins, wherever they are.
pub(in crate::postgres) async fn commits_after(
    connection: &mut PgConnection,
    namespace: i64,
    upto: Seq,
) -> Result<Vec<FoundCommit>, Failed> {
    commits(connection, namespace, Span::from(upto), None).await
}

/// The records of a job that come before a position. What is damaged is left out: a check tells it.
pub(super) async fn job_events_before(
    connection: &mut PgConnection,
    namespace: i64,
    job: JobId,
    before: Seq,
) -> Result<Vec<Record>, Failed> {
    let query = JobEventsQuery::of(job).limit(usize::MAX);
    let events = first_events(connection, namespace, &query, before)
        .await?
        .unwrap_or_default();
    Ok(events.into_iter().map(|(_, record)| record).collect())
}

/// As many of the first records of a job as are asked for, and one more if there are more.
pub(in crate::postgres) async fn first_events(
    connection: &mut PgConnection,
    namespace: i64,
    query: &JobEventsQuery,
    before: Seq,
) -> Answer<Vec<(Seq, Record)>> {
    let mut span = span(connection, namespace, query.job).await?;
    let mut events = vec![];
    if let Some(after) = query.after {
        // The commit that has it may have more behind it.
        span.first = span.first.max(commit_of(connection, namespace, after).await?);
    }
    loop {
        let found = commits(connection, namespace, span, Some(query.job)).await?;
        let is_last = i64::try_from(found.len()).unwrap_or(i64::MAX) < BATCH;
        for commit in found {
            let records = match commit.positioned(Seq(0)) {
                Ok(records) => records,
                Err(error) => return Ok(Err(error)),
            };
            let taken = |(at, record): &(Seq, Record)| {
                record.event.job() == Some(query.job) && *at < before && query.takes(*at, record)
            };
            events.extend(records.into_iter().filter(taken));
            span.first = commit.until;
        }
        if is_last || events.len() > query.limit {
            return Ok(Ok(events));
        }
    }
}
