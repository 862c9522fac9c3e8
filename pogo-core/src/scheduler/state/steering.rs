//! Which orders were given, by whom and why.

use std::sync::Arc;

use super::{AnsweredRequest, State};
use crate::scheduler::{Actor, Answer, JobId, JobNote, OrderKind, RequestId, Steered};

impl State {
    /// Takes note of what a request was answered.
    pub(super) fn note_request(&mut self, request: Option<&RequestId>, order: OrderKind, answer: Answer) {
        if let Some(request) = request {
            self.requests.add(AnsweredRequest {
                request: request.clone(),
                at: self.at,
                order,
                answer,
            });
        }
    }

    /// Takes note of everything that was said of an order to a job.
    pub(super) fn note_steering(
        &mut self,
        id: JobId,
        order: OrderKind,
        (actor, reason): (Option<Arc<Actor>>, Option<Arc<str>>),
    ) {
        let at = self.at;
        if order == OrderKind::Note {
            // Who paused the job, and why, stays known.
            if let Some(job) = self.jobs.get_mut(&id) {
                JobNote::add(&mut job.notes, (at, actor), reason);
            }
            return;
        }
        // A job that is only now submitted is not there yet: its own record says by whom.
        if let Some(job) = self.jobs.get_mut(&id) {
            job.steered = Some(Box::new(Steered {
                order,
                at,
                actor,
                reason,
            }));
        }
    }

    /// Takes note of an order by what came of it, unless more was said of it before.
    pub(super) fn note_steered(&mut self, id: JobId, (order, reason): (OrderKind, &str), actor: Option<&Arc<Actor>>) {
        let last = self.jobs.get(&id).and_then(|job| job.steered.as_ref());
        let reason = (!reason.is_empty()).then(|| Arc::from(reason));
        // The order's own record comes first, at the same moment, and has a reason that the event
        // may lack.
        if last.is_none_or(|last| last.order != order || last.at != self.at) {
            self.note_steering(id, order, (actor.cloned(), reason));
        }
    }
}
