//! Where streams begin: only the dispatcher knows the state at the end of its journal.

use futures::channel::oneshot;

use super::Dispatcher;
use crate::Timestamp;
use crate::saturating::saturating_u32;
use crate::scheduler::{InputError, JobId, Query, QueryError, Scheduler, View};
use crate::stream::{ResyncReason, StreamId, StreamRequest, Update};

/// Somebody wants to follow.
pub(super) struct StartRequest {
    pub(super) request: StreamRequest,
    /// Who is further behind begins with a snapshot.
    pub(super) max_lag: u64,
    pub(super) reply: oneshot::Sender<Result<Start, QueryError>>,
}

/// Where a stream begins.
pub(super) enum Start {
    /// Where it was asked to.
    Resumed,
    /// With this, for this reason if it was asked to begin elsewhere.
    With(Box<Update>, Option<ResyncReason>),
}

impl Dispatcher {
    /// Answers those who want to follow; what is known now is durable.
    pub(super) fn start_streams(&mut self) {
        let (end, now) = (self.position(), self.io.clock.now());
        // One for all who begin here.
        let mut whole = None;
        for StartRequest {
            request,
            max_lag,
            reply,
        } in self.stream_starts.drain(..)
        {
            let start = match (request.after, request.resync(end, max_lag)) {
                // Of one that has retired there may be records that whoever asks has not seen.
                (Some(_), None) => match request.job.filter(|job| is_unknown(&self.scheduler, *job)) {
                    Some(job) => Err(QueryError::UnknownJob { job }),
                    None => Ok(Start::Resumed),
                },
                (_, reason) => {
                    let update = match request.job {
                        Some(job) => job_update(&self.scheduler, end, now, job),
                        None => Ok(whole
                            .get_or_insert_with(|| Update::snapshot(end, &self.scheduler))
                            .clone()),
                    };
                    update.map(|update| Start::With(Box::new(update), reason))
                }
            };
            // Whoever asked may be gone.
            let _ = reply.send(start);
        }
    }

    /// The position after the last durable record.
    pub(super) fn position(&self) -> StreamId {
        // There are fewer incarnations than that.
        let incarnation = saturating_u32(self.scheduler.incarnation().0);
        StreamId::new(incarnation, self.io.tail.end())
    }
}

/// Whether there never was such a job: nothing would ever come of it.
fn is_unknown(scheduler: &Scheduler, job: JobId) -> bool {
    scheduler.job(job).is_none() && matches!(scheduler.unknown_job(job), InputError::UnknownJob { .. })
}

fn job_update(scheduler: &Scheduler, id: StreamId, now: Timestamp, job: JobId) -> Result<Update, QueryError> {
    match scheduler.view(now, &Query::Job { job })? {
        View::Job(job) => Ok(Update::Job { id, job }),
        // No other view answers this.
        _ => Err(QueryError::UnknownJob { job }),
    }
}
