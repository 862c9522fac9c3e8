//! The list of what touched hosts, from everything that is known of a namespace.

use std::sync::Arc;
use std::time::Duration;

use pogo_api::wire::{Problem, ProblemKind, Touch};
use pogo_core::Timestamp;
use pogo_core::history::{JobEntry, JobFilter};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::follow::defect;
use super::timelines::{Timelines, TimelinesShared};
use super::touched::{OfJob, TouchedBy};
use crate::ServedNamespace;
use crate::history::History;
use crate::refusal::Refusal;

/// The most jobs that an answer is made of.
const MOST_JOBS: usize = 500;
/// Rows of the list of jobs that are looked at together.
const ROWS: usize = 1_000;
/// How long records of jobs that have retired may take to be read.
const READING: Duration = Duration::from_secs(20);

/// What touched hosts, in the order in which it began.
pub(crate) struct TouchedList {
    pub(crate) entries: Vec<Touch>,
    /// Since when orders that were given to no job are known; `None` if all are.
    pub(crate) orders_since: Option<Timestamp>,
}

impl Timelines {
    /// What touched hosts. It is bounded by the number of jobs and by the time that reading takes.
    pub(crate) async fn touched(
        &self,
        namespace: &ServedNamespace,
        history: &History,
        by: &TouchedBy,
    ) -> Result<TouchedList, Refusal> {
        let shared = self.caught_up(namespace).await?;
        let read = timeout(READING, self.read(&shared, history, by)).await;
        let (mut entries, orders_since) = read.unwrap_or_else(|_| Err(too_slow()))?;
        entries.sort_by_key(|touch| (touch.at, touch.job));
        Ok(TouchedList { entries, orders_since })
    }

    async fn read(
        &self,
        shared: &Arc<TimelinesShared>,
        history: &History,
        by: &TouchedBy,
    ) -> Result<(Vec<Touch>, Option<Timestamp>), Refusal> {
        let jobs = jobs(history, by).await?;
        let of_known = {
            let (shared, by) = (Arc::clone(shared), by.clone());
            // Each job of ten thousand hosts takes a millisecond; others follow the namespace meanwhile.
            spawn_blocking(move || {
                let mut found = by.outside_of_jobs(&shared.lock());
                let mut elsewhere = vec![];
                for entry in jobs {
                    // The lock is taken for each job anew, so that the stream that is followed is
                    // never kept waiting for all of them.
                    match by.of_job(&shared.lock(), &entry) {
                        OfJob::Known(touches) => found.extend(touches),
                        OfJob::Elsewhere => elsewhere.push(entry),
                    }
                }
                let since = shared.lock().orders.since.filter(|since| *since > by.from);
                (found, elsewhere, since)
            })
        };
        let (mut found, elsewhere, since) = of_known.await.map_err(defect)?;
        for entry in elsewhere {
            let Some(past) = self.past.read(history, entry.job).await? else {
                continue;
            };
            let by = by.clone();
            let of_past = spawn_blocking(move || {
                let course = past.jobs.get(&entry.job)?;
                Some(by.of_course(&past, course, &entry))
            });
            found.extend(of_past.await.map_err(defect)?.unwrap_or_default());
        }
        Ok((found, since))
    }
}

/// The jobs that may have touched the hosts.
async fn jobs(history: &History, by: &TouchedBy) -> Result<Vec<JobEntry>, Refusal> {
    // What runs without anything having happened to it since is not among those that changed.
    let unfinished = JobFilter::new().unfinished().limit(ROWS);
    let changed = JobFilter::new().since(by.from).limit(ROWS);
    let mut jobs: Vec<JobEntry> = vec![];
    for mut filter in [unfinished, changed] {
        loop {
            let page = history.jobs(&filter).await?;
            let by = by.clone();
            let taken = spawn_blocking(move || -> Vec<JobEntry> {
                let entries = page.entries.into_iter();
                entries.filter(|entry| by.may_be_of(entry)).collect()
            });
            jobs.extend(taken.await.map_err(defect)?);
            // Twice: a job may come by both lists, and is counted once at the end.
            if jobs.len() > 2 * MOST_JOBS {
                return Err(too_many());
            }
            match page.next {
                Some(next) => filter = filter.before(next),
                None => break,
            }
        }
    }
    jobs.sort_by_key(|entry| entry.job);
    jobs.dedup_by_key(|entry| entry.job);
    match jobs.len() {
        0..=MOST_JOBS => Ok(jobs),
        _ => Err(too_many()),
    }
}

fn too_many() -> Refusal {
    let said = format!(
        "more than {MOST_JOBS} jobs may have touched these hosts in this time; ask for a shorter time, or for fewer \
         hosts"
    );
    let problem = Problem::new(ProblemKind::InvalidParameter, said);
    problem.parameter("from").into()
}

fn too_slow() -> Refusal {
    let said = format!(
        "reading the records of these jobs takes more than {} seconds; ask for a shorter time, or for fewer hosts",
        READING.as_secs()
    );
    Refusal::new(ProblemKind::Busy, said)
}
