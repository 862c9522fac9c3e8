//! Where streams begin: only the dispatcher knows the state at the end of its journal.

use super::Dispatcher;
use super::start_request::{Start, StartRequest};
use crate::Timestamp;
use crate::saturating::saturating_u32;
use crate::scheduler::{InputError, JobId, Query, QueryError, Scheduler, View};
use crate::stream::{StreamId, Update};

impl Dispatcher {
    /// Answers those who want to follow; what is known now is durable.
    pub(super) fn start_streams(&mut self) {
        let at = (self.position(), self.io.clock.now());
        start_streams(&self.scheduler, at, self.stream_starts.drain(..));
    }

    /// The position after the last durable record.
    pub(super) fn position(&self) -> StreamId {
        // There are fewer incarnations than that.
        let incarnation = saturating_u32(self.scheduler.incarnation().0);
        StreamId::new(incarnation, self.io.tail.end())
    }
}

/// Answers those who want to follow what this scheduler stands for, at this end of the journal.
pub(super) fn start_streams(
    scheduler: &Scheduler,
    (end, now): (StreamId, Timestamp),
    requests: impl Iterator<Item = StartRequest>,
) {
    // One for all who begin here.
    let mut whole = None;
    for asked in requests {
        let request = asked.request;
        let start = match (request.after, request.resync(end, asked.max_lag)) {
            (Some(_), None) => resumed(scheduler, request.job),
            (_, reason) => {
                let update = match request.job {
                    Some(job) => job_update(scheduler, end, now, job),
                    None => Ok(whole.get_or_insert_with(|| Update::snapshot(end, scheduler)).clone()),
                };
                update.map(|update| Start::With(Box::new(update), reason))
            }
        };
        // Whoever asked may be gone.
        let _ = asked.reply.send(start);
    }
}

/// Of a job that has retired there may be records that whoever asks has not seen; of one that there never was, nothing
/// would ever come.
fn resumed(scheduler: &Scheduler, job: Option<JobId>) -> Result<Start, QueryError> {
    let gone = job.filter(|job| scheduler.job(*job).is_none());
    match gone.map(|job| (job, scheduler.unknown_job(job))) {
        Some((job, InputError::UnknownJob { .. })) => Err(QueryError::UnknownJob { job }),
        gone => Ok(Start::Resumed {
            retired: gone.is_some(),
        }),
    }
}

fn job_update(scheduler: &Scheduler, id: StreamId, now: Timestamp, job: JobId) -> Result<Update, QueryError> {
    match scheduler.view(now, &Query::Job { job })? {
        View::Job(job) => Ok(Update::Job { id, job }),
        // No other view answers this.
        _ => Err(QueryError::UnknownJob { job }),
    }
}
