//! The history of jobs, as whoever serves it asks for it.

use std::sync::Arc;

use async_trait::async_trait;

use pogo_core::history::{HistoryError, JobEvents, JobEventsQuery, JobFilter, JobHistory, JobPage};
use pogo_core::journal::{JournalError, Seq};

use super::events::first_events;
use super::rows::whole_list;
use crate::postgres::PostgresNamespace;
use crate::remote::Failed;

#[async_trait]
impl JobHistory for PostgresNamespace {
    async fn jobs(&self, filter: &JobFilter) -> Result<JobPage, HistoryError> {
        let (shared, filter) = (Arc::clone(self.shared()), filter.clone());
        let read = move || async move {
            let mut pooled = shared.store.pool.get().await?;
            let table = match shared.find(&mut pooled).await {
                Ok(Some(namespace)) => whole_list(&mut pooled, namespace).await,
                Ok(None) => Ok(Ok(Default::default())),
                Err(failed) => Err(failed),
            };
            let table = pooled.done(table)?;
            Ok(table.map(|(table, _)| filter.page(table.jobs.values().rev())))
        };
        answered(self.shared().store.runtime.run(read).await)
    }

    async fn job_events(&self, query: &JobEventsQuery) -> Result<JobEvents, HistoryError> {
        let (shared, mut query) = (Arc::clone(self.shared()), query.clone());
        query.limit = query.limit.max(1);
        let read = move || async move {
            let mut pooled = shared.store.pool.get().await?;
            let events = match shared.find(&mut pooled).await {
                Ok(Some(namespace)) => first_events(&mut pooled, namespace, &query, Seq(u64::MAX)).await,
                Ok(None) => Ok(Ok(vec![])),
                Err(failed) => Err(failed),
            };
            let events = pooled.done(events)?;
            Ok(events.map(|events| JobEvents::of(events, query.limit)))
        };
        answered(self.shared().store.runtime.run(read).await)
    }
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
