//! The history of jobs, as whoever serves it asks for it.

use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::history::{HistoryError, JobEvents, JobEventsQuery, JobFilter, JobHistory, JobPage};
use pogo_core::journal::JournalError;

use super::events::first_events;
use crate::remote::Failed;
use crate::zookeeper::ZookeeperNamespace;
use crate::zookeeper::commits::answer;

#[async_trait]
impl JobHistory for ZookeeperNamespace {
    async fn jobs(&self, filter: &JobFilter) -> Result<JobPage, HistoryError> {
        let (shared, filter) = (Arc::clone(self.shared()), filter.clone());
        let read = move || async move {
            let asked = shared.store.sessions.ask(async |client| {
                let mut known = shared.jobs.lock().await;
                answer(known.catch_up(client, &shared.paths).await)
            });
            let caught_up = asked.await?;
            let known = shared.jobs.lock().await;
            Ok(caught_up.map(|()| filter.page(known.table.jobs.values().rev())))
        };
        answered(self.shared().store.runtime.run(read).await)
    }

    async fn job_events(&self, query: &JobEventsQuery) -> Result<JobEvents, HistoryError> {
        let (shared, mut query) = (Arc::clone(self.shared()), query.clone());
        query.limit = query.limit.max(1);
        let read = move || async move {
            let asked = shared.store.sessions.ask(async |client| {
                let span = {
                    let mut known = shared.jobs.lock().await;
                    match answer(known.catch_up(client, &shared.paths).await)? {
                        Ok(()) => known.span(query.job),
                        Err(error) => return Ok(Err(error)),
                    }
                };
                match span.0 < span.1 {
                    true => answer(first_events(client, &shared.paths, span, &query).await),
                    false => Ok(Ok(vec![])),
                }
            });
            let events = asked.await?;
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
