//! What follows from a restore: nothing starts, and what had not ended is in doubt.

use std::sync::Arc;

use crate::scheduler::state::JobChange;
use crate::scheduler::{
    Actor, AttemptId, DoubtCause, JobEventKind, JobId, NamespaceEventKind, Phase, RequestId, Restoration, Scheduler,
};

impl Scheduler {
    /// Begins an incarnation. What ran since the copy was made is not known, so each job waits until an operator has
    /// looked at it.
    pub(super) fn begin_incarnation(
        &mut self,
        restoration: Restoration,
        request: Option<RequestId>,
        actor: Option<Arc<Actor>>,
    ) {
        self.actor = actor;
        self.emit_namespace(NamespaceEventKind::Restored {
            incarnation: restoration.incarnation,
            cause: restoration.cause,
            reason: restoration.reason.to_string(),
            id: restoration.id,
            request,
            fences: self.fences,
        });
        let pauses = |job: &&crate::scheduler::state::Job| job.status.allows(JobChange::Pause);
        let jobs: Vec<JobId> = self.state.unfinished().filter(pauses).map(|job| job.id).collect();
        jobs.into_iter()
            .for_each(|job| self.emit_job(job, JobEventKind::Paused));
        let attempts = self.state.attempts.in_order().into_iter();
        // A settling host has succeeded; its time goes on.
        let ran = attempts.filter(|(_, running)| running.phase != Phase::Settle);
        let attempts: Vec<AttemptId> = ran.map(|(attempt, _)| attempt).collect();
        for attempt in attempts {
            let message = "the namespace was restored, and no record says what the attempt did since".to_owned();
            self.doubt(attempt, message, (DoubtCause::Restored, None));
        }
        self.actor = None;
    }
}
