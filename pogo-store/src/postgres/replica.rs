//! A replica of the database, which is asked for the history so that the one that takes writes has less to do.
//!
//! What it says may be old, so it is asked only for what it has of what the database has, and only while it follows
//! that one. Whatever is wrong with it, the database answers.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::{PgConnection, Row};

use pogo_core::journal::Seq;
use pogo_core::scheduler::JobId;

use super::PostgresAddress;
use super::fence::stored;
use super::history::listed_upto;
use super::pool::{Pool, Pooled};
use super::server_identity::ServerIdentity;
use super::within::within;
use crate::remote::Failed;

/// How long it may take to answer at all, where somebody waits for the history.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);
/// One that did not is left alone for so long.
const AWAY_FOR: Duration = Duration::from_secs(30);

/// Connections to a replica.
#[derive(Debug)]
pub(super) struct Replica {
    pool: Pool,
    /// When it did not answer, or was no replica of the database.
    failed: Mutex<Option<Instant>>,
}

const IS_LISTED: &str = "SELECT until, retired FROM jobs WHERE namespace = $1 AND job = $2";

const FIRST: &str = "SELECT coalesce(min(at), 0) FROM commits WHERE namespace = $1";

impl Replica {
    pub(super) fn new(address: PostgresAddress) -> Self {
        Self {
            pool: Pool::new(address),
            failed: Mutex::default(),
        }
    }

    /// A connection to it, if it follows the database of the other one.
    async fn beside(&self, primary: &mut PgConnection) -> Option<Pooled<'_>> {
        let failed = *self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        // Where it has enough to do, nobody waits for it.
        if failed.is_some_and(|at| at.elapsed() < AWAY_FOR) || self.pool.is_busy() {
            return None;
        }
        let server = ServerIdentity::of(primary).await.ok()?;
        let asked = tokio::time::timeout(ANSWERS_WITHIN, self.follower_of(&server)).await;
        let found = asked.ok().and_then(Result::ok).flatten();
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        *failed = found.is_none().then(Instant::now);
        found
    }

    async fn follower_of(&self, server: &ServerIdentity) -> Result<Option<Pooled<'_>>, Failed> {
        let mut pooled = self.pool.get().await?;
        let follows = server.is_followed_by(&mut pooled).await?;
        Ok(follows.then_some(pooled))
    }

    /// A connection to it, if it has all that there is of a job that has retired.
    pub(super) async fn with_job(
        &self,
        primary: &mut PgConnection,
        (namespace, job): (i64, JobId),
    ) -> Option<Pooled<'_>> {
        let known = listed(primary, (namespace, job)).await.ok().flatten();
        let known = known.filter(|(_, retired)| *retired)?;
        let mut pooled = self.beside(primary).await?;
        let has = listed(&mut pooled, (namespace, job)).await;
        let (pooled, has) = pooled_answer(pooled, has)?;
        kept_if(has == Some(known), pooled)
    }

    /// A connection to it, if the journal still has what its list of jobs lacks.
    pub(super) async fn with_list(&self, primary: &mut PgConnection, namespace: i64) -> Option<Pooled<'_>> {
        let first = within(sqlx::query(FIRST).bind(namespace).fetch_one(&mut *primary))
            .await
            .ok()?;
        let first: i64 = first.try_get(0).ok()?;
        let upto = listed_upto(primary, namespace).await.ok()?;
        let mut pooled = self.beside(primary).await?;
        let has = listed_upto(&mut pooled, namespace).await;
        let (pooled, has) = pooled_answer(pooled, has)?;
        kept_if(Seq(first.cast_unsigned()) <= has && has <= upto, pooled)
    }
}

/// A connection that has answered is used further.
fn pooled_answer<T>(pooled: Pooled<'_>, answer: Result<T, Failed>) -> Option<(Pooled<'_>, T)> {
    match answer {
        Ok(answer) => Some((pooled, answer)),
        Err(failed) => {
            let _ = pooled.done::<T>(Err(failed));
            None
        }
    }
}

/// A connection that is of no use now is given back.
fn kept_if(is_of_use: bool, pooled: Pooled<'_>) -> Option<Pooled<'_>> {
    if is_of_use {
        return Some(pooled);
    }
    let _ = pooled.done(Ok(()));
    None
}

/// Up to where the records of a job are, and whether it has retired; `None` if it is not in the list.
async fn listed(connection: &mut PgConnection, (namespace, job): (i64, JobId)) -> Result<Option<(i64, bool)>, Failed> {
    let statement = sqlx::query(IS_LISTED).bind(namespace).bind(stored(job.number()));
    let row = within(statement.fetch_optional(connection)).await?;
    row.map(|row| Ok((row.try_get("until")?, row.try_get("retired")?)))
        .transpose()
}
