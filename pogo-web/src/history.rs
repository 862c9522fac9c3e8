//! Jobs that have left their dispatcher.

use std::sync::{Arc, Mutex, PoisonError};

use pogo_core::history::{
    HistoryError, JobEntry, JobEvents, JobEventsQuery, JobFilter, JobHistory, JobPage, JobReplay,
};
use pogo_core::scheduler::JobId;
use tokio::sync::Semaphore;

/// The history of a namespace, and what was made of it last.
pub(crate) struct History {
    store: Arc<dyn JobHistory>,
    /// Jobs that have retired, the one that was asked for last at the end: nothing changes of them any more.
    replayed: Mutex<Vec<Arc<JobReplay>>>,
    /// One job is replayed at a time, so that many who ask take the memory of one.
    turn: Semaphore,
}

impl History {
    /// How many hosts the jobs have together that are kept at hand, if it is more than one job: some 20 MB.
    const KEPT_HOSTS: usize = 100_000;
    /// How many records are read at once: as many as a job of 10,000 hosts has, in some 20 MB.
    const RECORDS: usize = 50_000;

    pub(crate) fn new(store: Arc<dyn JobHistory>) -> Self {
        Self {
            store,
            replayed: Mutex::default(),
            turn: Semaphore::new(1),
        }
    }

    pub(crate) async fn jobs(&self, filter: &JobFilter) -> Result<JobPage, HistoryError> {
        self.store.jobs(filter).await
    }

    pub(crate) async fn events(&self, query: &JobEventsQuery) -> Result<JobEvents, HistoryError> {
        self.store.job_events(query).await
    }

    /// The row of a job.
    pub(crate) async fn entry(&self, job: JobId) -> Result<Option<JobEntry>, HistoryError> {
        // The store knows lists only: the one row before the next number is the job, if it is
        // there.
        let after = JobId::new(job.number().saturating_add(1));
        let page = self.store.jobs(&JobFilter::new().before(after).limit(1)).await?;
        Ok(page.entries.into_iter().find(|entry| entry.job == job))
    }

    /// A job as its records leave it; `None` if there are none.
    pub(crate) async fn replay(&self, job: JobId) -> Result<Option<Arc<JobReplay>>, HistoryError> {
        if let Some(known) = self.known(job) {
            return Ok(Some(known));
        }
        let _turn = self.turn.acquire().await;
        // Whoever had the turn before may have asked for the same.
        if let Some(known) = self.known(job) {
            return Ok(Some(known));
        }
        let mut replay = JobReplay::new(job);
        let mut query = JobEventsQuery::of(job).limit(Self::RECORDS);
        loop {
            let page = self.store.job_events(&query).await?;
            page.records.iter().for_each(|(_, record)| replay.apply(record));
            match page.next {
                Some(next) => query = query.after(next),
                None => break,
            }
        }
        let Some(entry) = replay.entry() else { return Ok(None) };
        let is_over = entry.progress.retired;
        let replay = Arc::new(replay);
        // A job that still changes would be kept as it was at this moment.
        if is_over {
            self.keep(Arc::clone(&replay));
        }
        Ok(Some(replay))
    }

    fn known(&self, job: JobId) -> Option<Arc<JobReplay>> {
        let mut replayed = self.replayed.lock().unwrap_or_else(PoisonError::into_inner);
        let at = replayed.iter().position(|replay| replay.job() == job)?;
        let found = replayed.remove(at);
        replayed.push(Arc::clone(&found));
        Some(found)
    }

    fn keep(&self, replay: Arc<JobReplay>) {
        let mut replayed = self.replayed.lock().unwrap_or_else(PoisonError::into_inner);
        replayed.push(replay);
        let mut hosts: usize = replayed.iter().map(|replay| replay.len()).sum();
        while hosts > Self::KEPT_HOSTS && replayed.len() > 1 {
            hosts -= replayed.remove(0).len();
        }
    }
}
