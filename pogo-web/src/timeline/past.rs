//! Jobs that have left their dispatcher, from their own records.

use std::sync::Arc;

use pogo_core::history::{HistoryError, JobEventsQuery, JobReplay};
use pogo_core::scheduler::{Event, JobEventKind, JobId, Record};
use tokio::sync::Mutex;

use super::job::JobCourse;
use super::known::{Known, remark};
use super::orders::Orders;
use crate::history::History;

/// How many records are read at once.
const RECORDS: usize = 20_000;

/// The job that was asked for last. One is read at a time, so that many who ask take the memory of one.
#[derive(Default)]
pub(super) struct PastJobs(Mutex<Option<(JobId, Arc<Known>)>>);

impl PastJobs {
    /// What is known of a job that has retired; `None` if its records are gone.
    pub(super) async fn read(&self, history: &History, job: JobId) -> Result<Option<Arc<Known>>, HistoryError> {
        let mut last = self.0.lock().await;
        if let Some((_, known)) = last.as_ref().filter(|(of, _)| *of == job) {
            return Ok(Some(Arc::clone(known)));
        }
        // First, so that the old one and the new one are never in memory together.
        *last = None;
        let (mut replay, mut course, mut orders) = (JobReplay::new(job), None, Orders::default());
        let mut query = JobEventsQuery::of(job).limit(RECORDS);
        loop {
            let page = history.events(&query).await?;
            for (_, record) in &page.records {
                // Both at once: reading the records is what costs, and a second pass would read
                // them again.
                replay.apply(record);
                follow(&mut course, record);
                orders.take(record);
            }
            match page.next {
                Some(next) => query = query.after(next),
                None => break,
            }
        }
        let (Some(mut course), Some(details)) = (course, replay.details()) else {
            return Ok(None);
        };
        course.retired = Some(Box::new(details));
        let known = Arc::new(Known::past(job, course, orders));
        *last = Some((job, Arc::clone(&known)));
        Ok(Some(known))
    }
}

fn follow(course: &mut Option<JobCourse>, record: &Record) {
    let (at, event) = (record.at, &record.event);
    if let Some(JobEventKind::Submitted { hosts, .. }) = event.job_kind() {
        *course = Some(JobCourse::submitted(at, hosts));
    }
    let Some(course) = course else {
        return;
    };
    match event {
        Event::Task(task) => course.task(at, task),
        event => {
            if let Some(kind) = event.job_kind() {
                course.turn(at, kind);
            }
            if let Some(remark) = remark(at, event) {
                course.note(remark);
            }
        }
    }
}
