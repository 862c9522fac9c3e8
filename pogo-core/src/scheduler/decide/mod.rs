//! Decides the events of a checked input: each is applied as it is decided.

mod fence;
mod orders;
mod recover;
mod reports;
mod restored;
pub(in crate::scheduler) mod status;
mod time_limit;
mod timeouts;

use super::agenda::Pick;
use super::check::Checked;
use super::state::{Hint, TaskAt};
use super::{Event, HostEventKind, JobEventKind, JobId, NamespaceEventKind, Scheduler, TaskEventKind};
use crate::fleet::{HostId, HostName};

impl Scheduler {
    pub(super) fn decide(&mut self, input: Checked) {
        if let Checked::OwnerChanged { owner, epoch, from } = input {
            // Decides nothing more: what was started before the attempts are recovered would be taken for lost.
            self.emit_namespace(NamespaceEventKind::OwnerChanged { owner, epoch, from });
            return;
        }
        if let Checked::Repeated { answer } = input {
            // Decides nothing more either: whoever sends it again is to change nothing.
            self.answer = answer;
            return;
        }
        self.refresh();
        let ordered_by = input.actor().cloned();
        match input {
            Checked::Command { order, context } => self.carry_out(*order, &context),
            Checked::Begin { attempt, host_lock } => self.permit(attempt, host_lock),
            Checked::PhaseEntered { attempt, phase } => self.enter_phase(attempt, phase, None),
            Checked::HostKeyRecorded { attempt } => self.record_host_key(attempt),
            Checked::Reported {
                attempt,
                outcome,
                output,
            } => self.report(attempt, outcome, output),
            Checked::Fenced { attempt, answer } => self.fenced(attempt, answer),
            Checked::Late { attempt, outcome } => {
                self.emit_namespace(NamespaceEventKind::LateReported { attempt, outcome });
            }
            Checked::Restored {
                restoration,
                request,
                actor,
            } => self.begin_incarnation(restoration, request, actor),
            Checked::Recover { resumed } => self.recover(&resumed),
            Checked::Drain { cancel } => self.drain(cancel),
            Checked::Nothing | Checked::OwnerChanged { .. } | Checked::Repeated { .. } => {}
        }
        let decided = self.events.len();
        // Before the starts: a job whose time is over at this moment starts nothing more.
        self.time_out();
        // What a deadline led to at the same moment is nobody's order.
        let ordered_by = ordered_by.filter(|_| self.events.len() == decided);
        self.start_all();
        // After them: whether a job is blocked depends on what could still start once these run.
        self.update_status(ordered_by.as_ref());
        self.retire();
        self.deadlines.tidy(&self.state);
    }

    fn emit_namespace(&mut self, kind: NamespaceEventKind) {
        self.emit(Event::of_namespace(kind), Hint::default());
    }

    fn emit_host(&mut self, host: HostName, kind: HostEventKind) {
        self.emit(Event::of_host(host, kind), Hint::default());
    }

    fn emit_job(&mut self, job: JobId, kind: JobEventKind) {
        self.emit(Event::of_job(job, kind), Hint::default());
    }

    fn emit_task(&mut self, at: TaskAt, host: HostName, kind: TaskEventKind) {
        self.emit(Event::of_task(at.0, host, kind), Hint::task(at));
    }

    /// Applies an event, and keeps it for the caller.
    fn emit(&mut self, event: Event, hint: Hint) {
        let event = match &self.actor {
            Some(actor) => event.by(Some(std::sync::Arc::clone(actor))),
            None => event,
        };
        let applied = self.state.apply_decided(self.now, &event, hint, &mut self.effects);
        debug_assert_eq!(applied, Ok(()), "{event:?}");
        self.deadlines.note(&self.state, &self.effects);
        self.outlook.note(&self.state, &self.effects);
        // The agenda comes last: it drains the effects.
        self.agenda.note(&self.state, &mut self.effects);
        self.events.push(event);
    }

    /// Builds queues that events from elsewhere have made useless.
    fn refresh(&mut self) {
        if self.deadlines.is_stale() {
            self.deadlines.rebuild(&self.state);
        }
        self.agenda.refresh(&self.state);
    }

    /// Starts every task that may start, and holds every host that may be held, the most urgent first.
    fn start_all(&mut self) {
        // Once more: what was decided just now (a new fleet, a thaw, other settings) may have made the queues stale.
        self.agenda.refresh(&self.state);
        let ended = self.agenda.end_delays(&self.state, self.now);
        ended.into_iter().for_each(|job| self.outlook.mark(job));
        while !self.draining
            && let Some(pick) = self.agenda.pick(&self.state)
        {
            match pick {
                Pick::Task(task, host) => self.start(task, host),
                Pick::Hold(host) => self.take(host),
            }
        }
    }

    /// Lets go of jobs that have been finished for long enough. No timer waits for that: it changes nothing that is
    /// decided.
    fn retire(&mut self) {
        while !self.keeps_jobs
            && let Some(job) = self.state.due_to_retire(self.now)
        {
            self.emit_job(job, JobEventKind::Retired);
        }
    }

    /// Holds a host for whoever is first in line.
    fn take(&mut self, host: HostId) {
        let host = self.state.fleet.name(host).clone();
        let Some(hold) = self.state.holds.next(&host) else {
            return;
        };
        let kind = HostEventKind::Held {
            owner: hold.owner.clone(),
            reason: hold.reason.clone(),
            waited: true,
        };
        let event = Event::of_host(host, kind).by(hold.actor.clone());
        self.emit(event, Hint::default());
    }

    fn start(&mut self, task: TaskAt, host: HostName) {
        let attempt = self.state.attempts.next_id();
        let kind = TaskEventKind::Started {
            attempt,
            asks_permission: self.asks_permission,
        };
        self.emit_task(task, host, kind);
    }
}
