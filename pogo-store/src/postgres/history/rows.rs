//! The list of jobs, in rows.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{PgConnection, Row};

use pogo_core::history::JobEntry;
use pogo_core::journal::Seq;
use pogo_core::scheduler::JobId;

use super::events::{commits_after, job_events_before};
use crate::jobs::JobTable;
use crate::postgres::fence::{Fence, fenced, stored};
use crate::postgres::within::long;
use crate::remote::{Answer, Failed};

const LIST: &str = "
    SELECT job, entry, (SELECT upto FROM jobs_upto WHERE namespace = $1) AS upto FROM jobs WHERE namespace = $1";

/// The list as it stands. Rows that cannot be read are made anew with the others.
async fn load(connection: &mut PgConnection, namespace: i64) -> Result<JobTable, Failed> {
    let mut table = JobTable::default();
    for row in long(sqlx::query(LIST).bind(namespace).fetch_all(connection)).await? {
        let entry: &str = row.try_get("entry")?;
        let Ok(entry) = serde_json::from_str::<JobEntry>(entry) else {
            return Ok(JobTable::default());
        };
        table.jobs.insert(entry.job, entry);
        let upto: Option<i64> = row.try_get("upto")?;
        table.upto = Seq(upto.unwrap_or_default().cast_unsigned());
    }
    Ok(table)
}

/// Where the records of jobs are that were added to a list, from the begin of a commit to the end of one.
pub(super) type Spans = BTreeMap<JobId, (Seq, Seq)>;

pub(super) fn widen(spans: &mut Spans, job: JobId, (at, end): (Seq, Seq)) {
    let span = spans.entry(job).or_insert((at, end));
    *span = (span.0.min(at), span.1.max(end));
}

/// The list with what it lacked: the records that came since, and where these are.
pub(super) async fn whole_list(connection: &mut PgConnection, namespace: i64) -> Answer<(JobTable, Spans)> {
    let mut table = load(connection, namespace).await?;
    let mut spans = Spans::new();
    loop {
        let commits = commits_after(connection, namespace, table.upto).await?;
        if commits.is_empty() {
            return Ok(Ok((table, spans)));
        }
        for commit in commits {
            let of_commit = (commit.at, commit.until);
            let records = match commit.positioned(table.upto) {
                Ok(records) => records,
                Err(error) => return Ok(Err(error)),
            };
            // What retention has removed is not missed.
            for (at, record) in records {
                if let Some(job) = record.event.job() {
                    widen(&mut spans, job, of_commit);
                }
                apply(connection, namespace, &mut table, (at, &record)).await?;
            }
        }
    }
}

/// Adds a record to a list, with what has to be known of the job's hosts.
pub(super) async fn apply(
    connection: &mut PgConnection,
    namespace: i64,
    table: &mut JobTable,
    (at, record): (Seq, &pogo_core::scheduler::Record),
) -> Result<(), Failed> {
    let earlier = match table.lacks_hosts(record) {
        Some(job) => job_events_before(connection, namespace, job, at).await?,
        None => vec![],
    };
    table.apply(at, record, &|_, _| earlier.clone());
    Ok(())
}

const KEEP: &str = fenced!(
    ", counted AS (
        INSERT INTO jobs_upto (namespace, upto) SELECT id, $5 FROM fence
        ON CONFLICT (namespace) DO UPDATE SET upto = excluded.upto)
    INSERT INTO jobs (namespace, job, first, until, retired, entry)
    SELECT fence.id, n.* FROM fence, unnest($6::bigint[], $7::bigint[], $8::bigint[], $9::boolean[], $10::text[]) AS n
    ON CONFLICT (namespace, job) DO UPDATE SET first = least(jobs.first, excluded.first),
        until = greatest(jobs.until, excluded.until), retired = excluded.retired, entry = excluded.entry"
);

/// Writes rows that have changed, as the owner. `spans` are where the records of jobs are that were added.
pub(super) async fn keep(
    connection: &mut PgConnection,
    fence: Fence,
    table: &JobTable,
    (changed, spans): (&BTreeSet<JobId>, &Spans),
) -> Result<(), Failed> {
    let (mut jobs, mut firsts, mut untils) = (vec![], vec![], vec![]);
    let (mut retired, mut entries) = (vec![], vec![]);
    for entry in changed.iter().filter_map(|job| table.jobs.get(job)) {
        let Ok(text) = serde_json::to_string(entry) else {
            continue;
        };
        let (first, until) = spans.get(&entry.job).copied().unwrap_or((table.upto, Seq(0)));
        jobs.push(stored(entry.job.number()));
        firsts.push(stored(first.0));
        untils.push(stored(until.0));
        retired.push(entry.progress.retired);
        entries.push(text);
    }
    let statement = fence.query(KEEP).bind(stored(table.upto.0));
    let statement = statement
        .bind(jobs)
        .bind(firsts)
        .bind(untils)
        .bind(retired)
        .bind(entries);
    long(statement.execute(connection)).await.map(drop)
}
