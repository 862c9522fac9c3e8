//! Restores: a journal that is a copy goes on from an earlier time, and what happened since is not recorded. So nothing
//! goes on by itself.

use std::collections::BTreeSet;

use crate::finding::{Breach, BrokenRule, broken};
use crate::state::{AuditState, Restores};
use pogo_core::scheduler::{Event, Incarnation, JobEventKind, JobId, Phase, TaskEventKind};

impl AuditState {
    /// The namespace goes on from a copy of its journal.
    pub(crate) fn restore(&mut self, incarnation: Incarnation, fences: bool) -> Result<(), Breach> {
        let before = self.restores.incarnation;
        if incarnation <= before {
            return broken(BrokenRule::Restored, format!("{incarnation} follows {before}"));
        }
        // The copy does not know which numbers were given after it was made. A range of 2^31 for
        // each incarnation lies above all of them.
        let raise = incarnation.0.saturating_sub(before.0).saturating_mul(1 << 31);
        // Saturating, since this number comes from a log that may be made up.
        self.started = self.started.saturating_add(raise);
        let mut undecided = BTreeSet::new();
        for (attempt, (id, host)) in &self.running {
            let Some(job) = self.jobs.get_mut(id) else { continue };
            let at = job.task(host)?;
            let task = &mut job.tasks[at];
            // Its command had ended in the copy already, so nothing is in doubt.
            if task.phase.0 == Phase::Settle {
                continue;
            }
            undecided.insert(*attempt);
            if std::mem::take(&mut task.awaits_permission) {
                // It may have been permitted since the copy was made.
                task.fences = fences;
                task.permitted = fences.then_some(*attempt);
                task.unfenced = task.permitted;
            }
        }
        // A job that stands still already gets no record that pauses it.
        let goes_on = self.jobs.iter().filter(|(_, job)| job.status.may_start());
        let last_job = self.restores.last_job.saturating_add(raise);
        self.restores = Restores {
            incarnation,
            last_job,
            jobs_after: last_job,
            attempts_after: self.started,
            unpaused: goes_on.map(|(id, _)| *id).collect(),
            undecided,
        };
        Ok(())
    }

    /// Refuses what comes before everything is paused and in doubt that a restore leaves so.
    pub(crate) fn follows_restore(&mut self, event: &Event) -> Result<(), Breach> {
        let restores = &mut self.restores;
        if restores.is_settled() {
            return Ok(());
        }
        let follows = match (event.job_kind(), event.task_kind()) {
            (Some(JobEventKind::Paused), _) => event.job().is_some_and(|job| restores.unpaused.remove(&job)),
            (Some(kind), _) => matches!(
                kind,
                JobEventKind::FailureBudgetExceeded { .. } | JobEventKind::Halting { .. }
            ),
            (_, Some(TaskEventKind::InDoubt { attempt, .. })) => restores.undecided.remove(attempt),
            // A dispatcher may die between the records of one restore; it is then restored once more.
            _ => event.restored().is_some() || is_takeover(event),
        };
        match follows {
            true => Ok(()),
            false => broken(BrokenRule::Restored, format!("`{event}`, and {}", restores.open())),
        }
    }

    /// Judges a moment that is over.
    pub(crate) fn check_restored(&self) -> Result<(), Breach> {
        match self.restores.is_settled() {
            true => Ok(()),
            false => broken(BrokenRule::Restored, self.restores.open()),
        }
    }

    /// Refuses a number that a job may have had of which the journal knows nothing.
    pub(crate) fn check_number(&mut self, job: JobId) -> Result<(), Breach> {
        let restores = &mut self.restores;
        if restores.incarnation > Incarnation::default() && job.number() <= restores.jobs_after {
            let message = format!(
                "{job} is submitted in {}, and that number may have been given before it",
                restores.incarnation
            );
            return broken(BrokenRule::Restored, message);
        }
        restores.last_job = restores.last_job.max(job.number());
        Ok(())
    }
}

fn is_takeover(event: &Event) -> bool {
    use pogo_core::scheduler::NamespaceEventKind::OwnerChanged;
    matches!(event, Event::Namespace(event) if matches!(event.kind, OwnerChanged { .. }))
}
