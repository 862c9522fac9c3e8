//! A namespace in PostgreSQL, as it is copied.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::future::LocalBoxFuture;
use sqlx::{PgConnection, Row};

use pogo_core::Digest;
use pogo_core::history::JobEventsQuery;
use pogo_core::journal::{Acquire, Epoch, Journal, JournalError, OwnedJournal, Seq, Snapshot};
use pogo_core::output::{OutputSource, OutputStore};
use pogo_core::scheduler::{AttemptId, JobId, Record};

use crate::copy::{CopyError, CopySource, Head, copier};
use crate::postgres::PostgresNamespace;
use crate::postgres::commits::digest;
use crate::postgres::fence::number;
use crate::postgres::history::first_events;
use crate::postgres::snapshots::read_snapshot;
use crate::postgres::within::{long, within};
use crate::remote::Failed;

/// A namespace that is owned, so that nobody else writes to it; or one that was written just now.
pub(super) struct PostgresSource {
    namespace: PostgresNamespace,
    /// The epoch before it was owned for this.
    epoch: Option<Epoch>,
    /// Kept for its end alone, so that any thread may have the rest.
    _owned: Option<Mutex<Box<dyn OwnedJournal>>>,
}

impl PostgresSource {
    /// Owns the namespace as long as this is there.
    ///
    /// # Errors
    /// [`JournalError::Held`] if somebody else does.
    pub(super) async fn own(namespace: PostgresNamespace, now: pogo_core::Timestamp) -> Result<Self, CopyError> {
        let owned = namespace.journal().acquire(copier(now), Acquire::IfFree).await?;
        // Owning it raised the epoch; a copy says which one the last dispatcher had.
        let epoch = Epoch(owned.epoch().0.saturating_sub(1));
        Ok(Self {
            namespace,
            epoch: Some(epoch),
            _owned: Some(Mutex::new(owned)),
        })
    }

    /// One that nobody has heard of.
    pub(super) fn of(namespace: PostgresNamespace) -> Self {
        Self {
            namespace,
            epoch: None,
            _owned: None,
        }
    }

    /// Asks with the number of the namespace.
    async fn ask<T, F>(&self, ask: F) -> Result<T, CopyError>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut PgConnection, i64) -> LocalBoxFuture<'a, Result<T, Failed>> + Send + 'static,
    {
        let asked = self.namespace.ask(move |connection, name| {
            Box::pin(async move {
                let found = sqlx::query("SELECT id FROM namespaces WHERE name = $1").bind(name);
                let row = within(found.fetch_one(&mut *connection)).await?;
                ask(connection, row.try_get(0)?).await
            })
        });
        asked.await.map_err(CopyError::other)
    }
}

const HEAD: &str = "
    SELECT number, epoch, coalesce((SELECT min(at) FROM commits WHERE namespace = $1), 0) AS first
      FROM namespaces WHERE id = $1";

const OLD_JOBS: &str = "
    SELECT DISTINCT unnest(jobs) AS job FROM history WHERE namespace = $1 ORDER BY job";

const ATTEMPTS: &str = "
    SELECT a.job, a.attempt, a.host, s.length FROM (
        SELECT job, attempt, host FROM output WHERE namespace = $1
         UNION SELECT job, attempt, host FROM sealed WHERE namespace = $1) AS a
      LEFT JOIN sealed s ON s.namespace = $1 AND s.job = a.job AND s.attempt = a.attempt
     ORDER BY a.job, a.attempt";

#[async_trait]
impl CopySource for PostgresSource {
    async fn head(&self) -> Result<Head, CopyError> {
        let epoch = self.epoch;
        self.ask(move |connection, namespace| {
            Box::pin(async move {
                let row = within(sqlx::query(HEAD).bind(namespace).fetch_one(connection)).await?;
                Ok(Head {
                    number: row.try_get("number")?,
                    epoch: epoch.unwrap_or(number(&row, "epoch").map(Epoch)?),
                    first: number(&row, "first").map(Seq)?,
                })
            })
        })
        .await
    }

    fn journal(&self) -> Arc<dyn Journal> {
        self.namespace.journal()
    }

    fn output(&self) -> Arc<dyn OutputStore> {
        self.namespace.output()
    }

    async fn old_jobs(&self) -> Result<Vec<JobId>, CopyError> {
        self.ask(|connection, namespace| {
            Box::pin(async move {
                let rows = long(sqlx::query(OLD_JOBS).bind(namespace).fetch_all(connection)).await?;
                rows.iter().map(|row| Ok(JobId::new(number(row, "job")?))).collect()
            })
        })
        .await
    }

    async fn old_events(&self, job: JobId, before: Seq) -> Result<Vec<(Seq, Record)>, CopyError> {
        let query = JobEventsQuery::of(job).limit(usize::MAX);
        let events = self.ask(move |connection, namespace| {
            Box::pin(async move { first_events(connection, namespace, &query, before).await })
        });
        Ok(events.await??)
    }

    async fn snapshots(&self) -> Result<Vec<Seq>, CopyError> {
        const SNAPSHOTS: &str = "SELECT upto FROM snapshots WHERE namespace = $1 ORDER BY upto";
        self.ask(|connection, namespace| {
            Box::pin(async move {
                let rows = within(sqlx::query(SNAPSHOTS).bind(namespace).fetch_all(connection)).await?;
                rows.iter().map(|row| Ok(Seq(number(row, "upto")?))).collect()
            })
        })
        .await
    }

    async fn snapshot(&self, upto: Seq) -> Result<Snapshot, CopyError> {
        let state = self.ask(move |connection, namespace| {
            Box::pin(async move { read_snapshot(connection, namespace, upto).await })
        });
        let state = state.await?;
        state.map_err(|message| JournalError::Corrupt { at: upto, message }.into())
    }

    async fn content(&self) -> Result<Vec<Digest>, CopyError> {
        const CONTENT: &str = "SELECT digest FROM content WHERE namespace = $1 ORDER BY digest";
        self.ask(|connection, namespace| {
            Box::pin(async move {
                let rows = long(sqlx::query(CONTENT).bind(namespace).fetch_all(connection)).await?;
                rows.iter().map(|row| digest(row, "digest")).collect()
            })
        })
        .await
    }

    async fn attempts(&self) -> Result<Vec<(OutputSource, Option<u64>)>, CopyError> {
        self.ask(|connection, namespace| {
            Box::pin(async move {
                let rows = long(sqlx::query(ATTEMPTS).bind(namespace).fetch_all(connection)).await?;
                let attempt = |row: &sqlx::postgres::PgRow| {
                    let host: String = row.try_get("host")?;
                    let source = OutputSource::new(
                        JobId::new(number(row, "job")?),
                        host.parse()
                            .map_err(|_| Failed::before("the column `host` has no name of a host in it"))?,
                        AttemptId::new(number(row, "attempt")?),
                    );
                    let length: Option<i64> = row.try_get("length")?;
                    Ok((source, length.map(i64::cast_unsigned)))
                };
                rows.iter().map(attempt).collect()
            })
        })
        .await
    }
}
