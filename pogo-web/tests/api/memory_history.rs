//! The history of jobs that a journal in memory still has.

use std::collections::BTreeMap;

use async_trait::async_trait;
use pogo_core::history::{HistoryError, JobEvents, JobEventsQuery, JobFilter, JobHistory, JobPage, JobReplay};
use pogo_core::journal::{Journal, MemoryJournal, Seq};
use pogo_core::scheduler::Record;

pub(crate) struct MemoryHistory(pub(crate) MemoryJournal);

impl MemoryHistory {
    async fn records(&self) -> Result<Vec<(Seq, Record)>, HistoryError> {
        let page = self.0.read(Seq(0)).await;
        let page = page.map_err(|error| HistoryError::Unavailable {
            message: error.to_string(),
        })?;
        Ok((0..).map(Seq).zip(page.records).collect())
    }
}

#[async_trait]
impl JobHistory for MemoryHistory {
    async fn jobs(&self, filter: &JobFilter) -> Result<JobPage, HistoryError> {
        let mut jobs = BTreeMap::new();
        for (_, record) in self.records().await? {
            if let Some(job) = record.event.job() {
                jobs.entry(job).or_insert_with(|| JobReplay::new(job)).apply(&record);
            }
        }
        Ok(filter.page(jobs.values().rev().filter_map(JobReplay::entry)))
    }

    async fn job_events(&self, query: &JobEventsQuery) -> Result<JobEvents, HistoryError> {
        let records = self.records().await?.into_iter();
        let of_job = |(at, record): &(Seq, Record)| record.event.job() == Some(query.job) && query.takes(*at, record);
        Ok(JobEvents::of(records.filter(of_job), query.limit))
    }
}
