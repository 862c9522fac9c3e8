//! The jobs that have changed since the list was written last.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{PgConnection, Row};

use pogo_core::history::JobEntry;
use pogo_core::journal::{JournalError, Seq};
use pogo_core::scheduler::{JobId, Record};

use super::events::{commits_after, job_events_before};
use super::sources::HistorySources;
use crate::jobs::JobTable;
use crate::postgres::fence::stored;
use crate::postgres::within::long;
use crate::remote::{Answer, Failed};

/// Where the records of jobs are that were added to a list, from the begin of a commit to the end of one.
pub(super) type Spans = BTreeMap<JobId, (Seq, Seq)>;

pub(super) fn widen(spans: &mut Spans, job: JobId, (at, end): (Seq, Seq)) {
    let span = spans.entry(job).or_insert((at, end));
    *span = (span.0.min(at), span.1.max(end));
}

/// Rows of the jobs of some records, and of no others: a list of years is never read whole.
#[derive(Debug, Default)]
pub(super) struct RecentJobs {
    pub(super) table: JobTable,
    /// The jobs that were looked for, and the position up to which their rows had the records.
    known: BTreeMap<JobId, Seq>,
}

const UPTO: &str = "SELECT upto FROM jobs_upto WHERE namespace = $1";

/// With the position of the same moment.
const ROWS: &str = "
    SELECT j.job, j.entry, u.upto FROM jobs j JOIN jobs_upto u ON u.namespace = j.namespace
     WHERE j.namespace = $1 AND j.job = ANY($2)";

/// The position up to which the list has the records.
pub(in crate::postgres) async fn listed_upto(connection: &mut PgConnection, namespace: i64) -> Result<Seq, Failed> {
    let row = long(sqlx::query(UPTO).bind(namespace).fetch_optional(connection)).await?;
    let upto: Option<i64> = row.map(|row| row.try_get("upto")).transpose()?;
    Ok(Seq(upto.unwrap_or_default().cast_unsigned()))
}

/// What the list lacks: the jobs of records that came since, and where these are.
pub(super) async fn recent_jobs(sources: &mut HistorySources<'_>, namespace: i64) -> Answer<(RecentJobs, Spans)> {
    let (mut recent, mut spans) = (RecentJobs::default(), Spans::new());
    recent.table.upto = listed_upto(sources.rows(), namespace).await?;
    loop {
        let upto = recent.table.upto;
        let commits = commits_after(sources.records(), namespace, upto).await?;
        if commits.is_empty() {
            return Ok(Ok((recent, spans)));
        }
        for commit in commits {
            let records = match commit.positioned(recent.table.upto) {
                Ok(records) => records,
                Err(error) => return Ok(Err(error)),
            };
            for (_, record) in &records {
                if let Some(job) = record.event.job() {
                    widen(&mut spans, job, (commit.at, commit.until));
                }
            }
            recent.apply(sources, namespace, &records).await?;
            recent.table.upto = recent.table.upto.max(commit.until);
        }
    }
}

impl RecentJobs {
    /// Adds records that follow those before.
    pub(super) async fn apply(
        &mut self,
        sources: &mut HistorySources<'_>,
        namespace: i64,
        records: &[(Seq, Record)],
    ) -> Result<(), Failed> {
        let jobs: BTreeSet<JobId> = records.iter().filter_map(|(_, record)| record.event.job()).collect();
        self.look_for(sources, namespace, &jobs).await?;
        for (at, record) in records {
            let known = record.event.job().and_then(|job| self.known.get(&job).copied());
            // A row that was written meanwhile has it.
            if known.is_some_and(|upto| *at < upto) {
                self.table.upto = Seq(at.0 + 1);
                continue;
            }
            let earlier = match self.table.lacks_hosts(record) {
                Some(job) => job_events_before(sources.records(), namespace, job, *at).await?,
                None => vec![],
            };
            self.table.apply(*at, record, &|_, _| earlier.clone());
        }
        Ok(())
    }

    /// Reads the rows of jobs that were not looked for yet.
    async fn look_for(
        &mut self,
        sources: &mut HistorySources<'_>,
        namespace: i64,
        jobs: &BTreeSet<JobId>,
    ) -> Result<(), Failed> {
        let unknown: Vec<JobId> = jobs
            .iter()
            .filter(|job| !self.known.contains_key(job))
            .copied()
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let numbers: Vec<i64> = unknown.iter().map(|job| stored(job.number())).collect();
        let asked = sqlx::query(ROWS).bind(namespace).bind(numbers);
        let rows = long(asked.fetch_all(sources.rows())).await?;
        self.known.extend(unknown.iter().map(|job| (*job, Seq(0))));
        for row in rows {
            let job = JobId::new(row.try_get::<i64, _>("job")?.cast_unsigned());
            match serde_json::from_str::<JobEntry>(row.try_get("entry")?) {
                Ok(entry) => {
                    let upto: i64 = row.try_get("upto")?;
                    self.table.jobs.insert(job, entry);
                    self.known.insert(job, Seq(upto.cast_unsigned()));
                }
                Err(_) => self.make_anew(sources, namespace, job).await?,
            }
        }
        Ok(())
    }

    /// Makes a row that cannot be read of the records of its job.
    pub(super) async fn make_anew(
        &mut self,
        sources: &mut HistorySources<'_>,
        namespace: i64,
        job: JobId,
    ) -> Result<(), Failed> {
        let upto = self.table.upto;
        self.table.jobs.remove(&job);
        // Up to here: what follows is applied as it is met.
        for record in job_events_before(sources.records(), namespace, job, upto).await? {
            self.table.apply(upto, &record, &|_, _| vec![]);
        }
        self.table.upto = upto;
        self.known.insert(job, upto);
        Ok(())
    }

    /// Forgets jobs that have retired: what is said of them later is looked for again.
    pub(super) fn forget_retired(&mut self) {
        let retired = |entry: &JobEntry| entry.progress.retired;
        let gone: Vec<JobId> = self
            .table
            .jobs
            .values()
            .filter(|entry| retired(entry))
            .map(|entry| entry.job)
            .collect();
        for job in gone {
            self.table.jobs.remove(&job);
            self.known.remove(&job);
        }
    }
}

/// Of records that cannot be read.
pub(super) fn unread(error: &JournalError) -> Failed {
    Failed::before(error.to_string())
}
