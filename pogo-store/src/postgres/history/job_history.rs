//! The history of jobs, as whoever serves it asks for it.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::PgConnection;

use pogo_core::history::{HistoryError, JobEvents, JobEventsQuery, JobFilter, JobHistory, JobPage};
use pogo_core::journal::{JournalError, Seq};
use pogo_core::scheduler::Record;

use super::events::first_events;
use super::page::job_page;
use super::sources::HistorySources;
use crate::postgres::PostgresNamespace;
use crate::postgres::shared::NamespaceShared;
use crate::remote::{Answer, Failed};

#[async_trait]
impl JobHistory for PostgresNamespace {
    async fn jobs(&self, filter: &JobFilter) -> Result<JobPage, HistoryError> {
        let (shared, filter) = (Arc::clone(self.shared()), filter.clone());
        let read = move || async move {
            let mut pooled = shared.store.pool.get().await?;
            let page = match shared.find(&mut pooled).await {
                Ok(Some(namespace)) => page(&shared, &mut pooled, (namespace, &filter)).await,
                Ok(None) => Ok(Ok(JobPage::default())),
                Err(failed) => Err(failed),
            };
            pooled.done(page)
        };
        answered(self.shared().store.runtime.run(read).await)
    }

    async fn job_events(&self, query: &JobEventsQuery) -> Result<JobEvents, HistoryError> {
        let (shared, mut query) = (Arc::clone(self.shared()), query.clone());
        query.limit = query.limit.max(1);
        let read = move || async move {
            let mut pooled = shared.store.pool.get().await?;
            let events = match shared.find(&mut pooled).await {
                Ok(Some(namespace)) => events(&shared, &mut pooled, (namespace, &query)).await,
                Ok(None) => Ok(Ok(vec![])),
                Err(failed) => Err(failed),
            };
            let events = pooled.done(events)?;
            Ok(events.map(|events| JobEvents::of(events, query.limit)))
        };
        answered(self.shared().store.runtime.run(read).await)
    }
}

/// With the rows of a replica, where there is one that has them.
async fn page(
    shared: &NamespaceShared,
    primary: &mut PgConnection,
    (namespace, filter): (i64, &JobFilter),
) -> Answer<JobPage> {
    if let Some(replica) = &shared.store.replica
        && let Some(mut rows) = replica.with_list(primary, namespace).await
    {
        let page = job_page(&mut HistorySources::replica(&mut rows, primary), namespace, filter).await;
        if let Ok(Ok(page)) = rows.done(page) {
            return Ok(Ok(page));
        }
    }
    job_page(&mut HistorySources::one(primary), namespace, filter).await
}

/// Of a replica, where there is one that has all of the job.
async fn events(
    shared: &NamespaceShared,
    primary: &mut PgConnection,
    (namespace, query): (i64, &JobEventsQuery),
) -> Answer<Vec<(Seq, Record)>> {
    if let Some(replica) = &shared.store.replica
        && let Some(mut pooled) = replica.with_job(primary, (namespace, query.job)).await
    {
        let events = first_events(&mut pooled, namespace, query, Seq(u64::MAX)).await;
        if let Ok(Ok(events)) = pooled.done(events) {
            return Ok(Ok(events));
        }
    }
    first_events(primary, namespace, query, Seq(u64::MAX)).await
}

fn answered<T>(answer: Result<Result<Result<T, JournalError>, Failed>, Failed>) -> Result<T, HistoryError> {
    let unavailable = |failed: Failed| HistoryError::Unavailable {
        message: failed.message,
    };
    let answer = answer.and_then(|answer| answer).map_err(unavailable)?;
    answer.map_err(|error| HistoryError::Damaged {
        message: error.to_string(),
    })
}
