//! Incarnations: each begins with a restore, and has numbers of its own.

use std::sync::Arc;

use super::{Effect, Effects, JobChange, State};
use crate::Timestamp;
use crate::scheduler::{
    Actor, ApplyError, AttemptId, Incarnation, JobId, OrderKind, Phase, Restoration, RestoreCause, RestoreId,
};

impl State {
    /// The incarnation of the namespace.
    pub(in crate::scheduler) fn incarnation(&self) -> Incarnation {
        self.restorations
            .last()
            .map_or(Incarnation::default(), |last| last.incarnation)
    }

    /// The incarnation in which an attempt was started.
    pub(in crate::scheduler) fn incarnation_of(&self, attempt: AttemptId) -> Incarnation {
        let count = self
            .restorations
            // Restores are few and their numbers grow, so where an attempt belongs need not be
            // stored with each.
            .partition_point(|begun| begun.attempts_after < attempt);
        let last = count.checked_sub(1).and_then(|at| self.restorations.get(at));
        last.map_or(Incarnation::default(), |begun| begun.incarnation)
    }

    /// Whether the namespace was restored since this attempt was started.
    pub(in crate::scheduler) fn precedes_restore(&self, attempt: AttemptId) -> bool {
        self.incarnation_of(attempt) < self.incarnation()
    }

    pub(super) fn validate_restored(&self, incarnation: Incarnation) -> Result<(), ApplyError> {
        let last = self.incarnation();
        match (last.0 + 1..=Incarnation::MAX.0).contains(&incarnation.0) {
            true => Ok(()),
            false => Err(ApplyError::WrongIncarnation { incarnation, last }),
        }
    }

    pub(in crate::scheduler) fn restoration(
        &self,
        at: Timestamp,
        incarnation: Incarnation,
        (cause, id, reason): (RestoreCause, Option<RestoreId>, Arc<str>),
    ) -> Restoration {
        let raise = incarnation.raises_from(self.incarnation());
        Restoration {
            incarnation,
            at,
            cause,
            reason,
            id,
            attempts_after: AttemptId::new(self.attempts.issued().saturating_add(raise)),
        }
    }

    /// Numbers go on where no number can have been given since the copy was made, and each attempt may have begun
    /// since.
    pub(super) fn enter_incarnation(
        &mut self,
        incarnation: Incarnation,
        (cause, id, reason): (RestoreCause, Option<RestoreId>, &str),
        fences: bool,
        (actor, effects): (Option<&Arc<Actor>>, &mut Effects),
    ) {
        let restoration = self.restoration(self.at, incarnation, (cause, id, reason.into()));
        // What was numbered between the moment that the copy goes back to and now is in no record of it.
        let raise = incarnation.raises_from(self.incarnation());
        self.last_job = JobId::new(self.last_job.number().saturating_add(raise));
        self.attempts.resume_after(restoration.attempts_after.number());
        for running in self
            .attempts
            .iter_mut()
            // The command of what settles has ended in the copy already.
            .filter(|running| running.phase != Phase::Settle)
        {
            running.permission = running.permission.after_restore(fences);
        }
        let why: Arc<str> = restoration.pause_reason().into();
        // The events that pause them follow, and have no reason of their own.
        let pauses = self.unfinished().filter(|job| job.status.allows(JobChange::Pause));
        let pauses: Vec<JobId> = pauses.map(|job| job.id).collect();
        for job in pauses {
            self.note_steering(job, OrderKind::Pause, (actor.cloned(), Some(Arc::clone(&why))));
        }
        self.restorations.push(restoration);
        effects.push(Effect::Rebuild);
    }
}
