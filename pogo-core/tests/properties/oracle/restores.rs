//! What a restore leads to.

use std::collections::BTreeSet;

use pogo_core::scheduler::{Event, JobEvent, JobEventKind, Phase, TaskEvent, TaskEventKind};

use super::Oracle;

impl Oracle {
    /// The namespace goes on from a copy of its journal.
    pub(super) fn restore(&mut self, incarnation: u64, fences: bool) -> Result<(), String> {
        let raise = incarnation.checked_sub(self.incarnation).filter(|by| *by > 0);
        let raise = raise.ok_or(format!("incarnation {incarnation} follows {}", self.incarnation))?;
        let first = self.last + 1;
        (self.incarnation, self.last) = (incarnation, self.last + (raise << 31));
        self.lost.push(first..=self.last);
        self.unsettled = self.running.values().map(|(_, attempt)| *attempt).collect();
        self.unsettled.retain(|attempt| !self.settling.contains(attempt));
        self.unpaused = self
            .jobs
            .iter()
            .filter(|(_, job)| job.goes_on)
            .map(|(id, _)| *id)
            .collect();
        // Each may have been permitted since.
        for attempt in std::mem::take(&mut self.unpermitted) {
            if fences {
                self.fenceable.insert(attempt);
            }
        }
        Ok(())
    }

    /// Behind a restore come the pauses and doubts that it leads to, and what follows from the doubts.
    pub(super) fn settle_restore(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::Job(JobEvent {
                job,
                kind: JobEventKind::Paused,
                ..
            }) => {
                self.unpaused.remove(job);
            }
            Event::Task(TaskEvent { kind, .. }) => match kind {
                TaskEventKind::InDoubt { attempt, .. } => {
                    self.unsettled.remove(attempt);
                }
                TaskEventKind::PhaseEntered {
                    attempt,
                    phase: Phase::Settle,
                    ..
                } => {
                    self.settling.insert(*attempt);
                }
                _ => {}
            },
            _ => {}
        }
        let follows = |event: &Event| match event {
            Event::Job(event) => matches!(
                event.kind,
                JobEventKind::Paused | JobEventKind::FailureBudgetExceeded { .. } | JobEventKind::Halting { .. }
            ),
            Event::Task(event) => matches!(event.kind, TaskEventKind::InDoubt { .. }),
            _ => false,
        };
        let open: BTreeSet<String> = self.unsettled.iter().map(ToString::to_string).collect();
        match self.unpaused.is_empty() && open.is_empty() || follows(event) {
            true => Ok(()),
            false => Err(format!(
                "{event:?} before {:?} are paused and {open:?} in doubt",
                self.unpaused
            )),
        }
    }
}
