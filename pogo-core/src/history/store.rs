//! The trait behind which the history of jobs is kept.

use async_trait::async_trait;

use super::{JobEvents, JobEventsQuery, JobFilter, JobPage};

/// Knows the jobs of a namespace that there are and were.
///
/// Anybody may ask at any time, beside a dispatcher and without one; an answer has everything that was durable when it
/// was asked for.
#[async_trait]
pub trait JobHistory: Send + Sync {
    /// The jobs that there are and were, newest first.
    ///
    /// # Errors
    /// The store could not read them.
    async fn jobs(&self, filter: &JobFilter) -> Result<JobPage, HistoryError>;

    /// Some records of a job, in order. None of a job that there never was, or whose records were removed.
    ///
    /// # Errors
    /// The store could not read them.
    async fn job_events(&self, query: &JobEventsQuery) -> Result<JobEvents, HistoryError>;
}

/// The history of jobs could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// What is stored is not what was written.
    #[error("the history of jobs is damaged: {message}")]
    Damaged {
        /// What is wrong, and where.
        message: String,
    },
    /// The store cannot be reached.
    #[error("the history of jobs is not available: {message}")]
    Unavailable {
        /// What it said, and what to do about it.
        message: String,
    },
}
