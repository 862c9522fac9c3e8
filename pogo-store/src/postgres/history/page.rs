//! A page of the list of jobs, by as few rows as it takes.

use std::collections::BTreeMap;

use sqlx::Row;

use pogo_core::history::{JobEntry, JobFilter, JobPage};
use pogo_core::scheduler::JobId;

use super::recent::recent_jobs;
use super::sources::HistorySources;
use crate::postgres::fence::stored;
use crate::postgres::within::long;
use crate::remote::{Answer, Failed};

/// Rows that are read at once.
const BATCH: i64 = 500;

const OLDER: &str = "
    SELECT job, entry FROM jobs WHERE namespace = $1 AND job < $2 AND (NOT $3 OR NOT retired)
     ORDER BY job DESC LIMIT $4";

/// The jobs that a filter asks for: those of the newest records, and rows of the others until the page is full.
pub(super) async fn job_page(sources: &mut HistorySources<'_>, namespace: i64, filter: &JobFilter) -> Answer<JobPage> {
    let mut recent = match recent_jobs(sources, namespace).await? {
        Ok((recent, _)) => recent,
        Err(error) => return Ok(Err(error)),
    };
    // As large as numbers get.
    let mut below = filter.before.map_or(i64::MAX, |job| stored(job.number()));
    let mut taken: Vec<JobEntry> = vec![];
    loop {
        let rows = older_rows(sources, namespace, (below, filter.unfinished)).await?;
        let lowest = match rows.last() {
            Some((job, _)) if i64::try_from(rows.len()) == Ok(BATCH) => stored(job.number()),
            _ => i64::MIN,
        };
        let mut batch = BTreeMap::new();
        for (job, entry) in rows {
            match entry {
                Some(entry) => _ = batch.insert(job, entry),
                None if recent.table.jobs.contains_key(&job) => {}
                None => recent.make_anew(sources, namespace, job).await?,
            }
        }
        // What newer records say of a job counts, and one that has only just begun has no row.
        let newer = recent.table.jobs.iter();
        let newer = newer.filter(|(job, _)| (lowest..below).contains(&stored(job.number())));
        batch.extend(newer.map(|(job, entry)| (*job, entry.clone())));
        taken.extend(batch.into_values().rev().filter(|entry| filter.takes(entry)));
        if lowest == i64::MIN || taken.len() > filter.limit.max(1) {
            return Ok(Ok(filter.page(taken.iter())));
        }
        below = lowest;
    }
}

/// Rows of jobs below a number, from the highest on; `None` for one that cannot be read.
async fn older_rows(
    sources: &mut HistorySources<'_>,
    namespace: i64,
    (below, unfinished): (i64, bool),
) -> Result<Vec<(JobId, Option<JobEntry>)>, Failed> {
    let statement = sqlx::query(OLDER)
        .bind(namespace)
        .bind(below)
        .bind(unfinished)
        .bind(BATCH);
    let rows = long(statement.fetch_all(sources.rows())).await?;
    let read = rows.iter().map(|row| {
        let job = JobId::new(row.try_get::<i64, _>("job")?.cast_unsigned());
        Ok((job, serde_json::from_str(row.try_get("entry")?).ok()))
    });
    read.collect()
}
