//! The history of jobs, as whoever serves it asks for it.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::history::{HistoryError, JobEvents, JobEventsQuery, JobFilter, JobHistory, JobPage};
use pogo_core::journal::JournalError;

use super::job_events;
use crate::blocking::spawn_blocking;
use crate::error::StoreError;
use crate::jobs::jobs;
use crate::namespace::Namespace;

#[async_trait]
impl JobHistory for Namespace {
    async fn jobs(&self, filter: &JobFilter) -> Result<JobPage, HistoryError> {
        let (shared, filter) = (Arc::clone(self.shared()), filter.clone());
        let read = spawn_blocking(move || jobs(&shared, &filter)).await;
        read.map_err(|error| not_read(error.into()))?.map_err(not_read)
    }

    async fn job_events(&self, query: &JobEventsQuery) -> Result<JobEvents, HistoryError> {
        let (shared, query) = (Arc::clone(self.shared()), query.clone());
        let read = spawn_blocking(move || job_events(&shared, &query)).await;
        read.map_err(|error| not_read(error.into()))?.map_err(not_read)
    }
}

fn not_read(error: StoreError) -> HistoryError {
    let message = error.to_string();
    match error {
        StoreError::Damaged { .. } | StoreError::Journal(JournalError::Corrupt { .. }) => {
            HistoryError::Damaged { message }
        }
        StoreError::Io(error) if error.kind() == io::ErrorKind::InvalidData => HistoryError::Damaged { message },
        _ => HistoryError::Unavailable { message },
    }
}
