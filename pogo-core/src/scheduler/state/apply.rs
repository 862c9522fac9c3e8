//! Applies events to the state: the only code that changes it.

use std::sync::Arc;

use super::job::Compiled;
use super::{Effect, Effects, Job, State, TaskAt};
use crate::Timestamp;
use crate::fleet::HostName;
use crate::scheduler::{
    Answer, ApplyError, Event, Freeze, HaltCause, HostEvent, HostEventKind, JobEvent, JobEventKind, JobStatus,
    NamespaceEvent, NamespaceEventKind, OrderKind,
};

/// What the deciding code already knows, so that it need not be looked up again.
#[derive(Default)]
pub(crate) struct Hint {
    pub(crate) task: Option<TaskAt>,
    pub(crate) compiled: Option<Compiled>,
    pub(crate) configured: Option<Box<State>>,
}

impl Hint {
    pub(crate) fn task(task: TaskAt) -> Self {
        Self {
            task: Some(task),
            ..Self::default()
        }
    }
}

impl State {
    /// Applies an event. On an error nothing has changed.
    pub(crate) fn apply(&mut self, at: Timestamp, event: &Event, effects: &mut Effects) -> Result<(), ApplyError> {
        if at < self.at {
            return Err(ApplyError::OutOfOrder { at, last: self.at });
        }
        self.validate_event(event)?;
        self.apply_decided(at, event, Hint::default(), effects)
    }

    /// Applies an event that was decided on this very state, so that it need not be validated.
    pub(crate) fn apply_decided(
        &mut self,
        at: Timestamp,
        event: &Event,
        hint: Hint,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        debug_assert!(at >= self.at);
        debug_assert_eq!(self.validate_event(event), Ok(()), "{event:?}");
        // Before the event, since much of it is noted with its time; put back if it cannot be
        // applied.
        let before = std::mem::replace(&mut self.at, at);
        self.apply_now(event, hint, effects).inspect_err(|_| self.at = before)
    }

    fn apply_now(&mut self, event: &Event, hint: Hint, effects: &mut Effects) -> Result<(), ApplyError> {
        match event {
            Event::Namespace(event) => self.apply_to_namespace(event, hint, effects),
            Event::Host(event) => self.apply_to_host(event, effects),
            Event::Job(event) => self.apply_to_job(event, hint, effects),
            Event::Task(event) => self.apply_to_task(event, &hint, effects),
        }
    }

    fn apply_to_host(&mut self, event: &HostEvent, effects: &mut Effects) -> Result<(), ApplyError> {
        let HostEvent { host, kind, .. } = event;
        match kind {
            HostEventKind::MarkedDown { .. } => self.mark(host, true, effects),
            HostEventKind::MarkedUp { .. } => self.mark(host, false, effects),
            HostEventKind::FenceForced { .. } => {
                self.force_fence(host);
                Ok(())
            }
            HostEventKind::HoldWaiting {
                owner,
                reason,
                priority,
            } => {
                let hold = self.new_hold((owner, event.actor.as_ref()), reason, *priority);
                self.wait_for_hold(host, hold, effects)
            }
            HostEventKind::Held { owner, reason, .. } => {
                self.hold(host, (owner, event.actor.as_ref()), reason, effects)
            }
            HostEventKind::Released { owner, .. } => self.release(host, owner, effects),
        }
    }

    fn apply_to_namespace(
        &mut self,
        event: &NamespaceEvent,
        hint: Hint,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        match &event.kind {
            NamespaceEventKind::Ordered {
                order,
                job,
                request,
                reason,
                answer,
            } => {
                self.note_request(request.as_ref(), *order, *answer);
                if let Some(job) = job {
                    let (actor, reason) = (event.actor.clone(), reason.clone());
                    self.note_steering(*job, *order, (actor, reason));
                }
            }
            NamespaceEventKind::Configured { fleet, policy } => {
                self.configure(fleet.loaded()?, policy.loaded()?, hint.configured, effects)?;
            }
            NamespaceEventKind::HostsFrozen { hosts, by, reason } => {
                let (hosts, by, reason) = (hosts.clone(), by.clone(), reason.clone());
                let since = self.at;
                self.freeze(Freeze {
                    hosts,
                    by,
                    reason,
                    since,
                })?;
                // Rare, and any number of tasks may be concerned: building the queues
                // anew is simpler than finding them.
                effects.push(Effect::Rebuild);
            }
            NamespaceEventKind::HostsThawed { hosts, .. } => {
                self.freezes.remove(hosts);
                effects.push(Effect::Rebuild);
            }
            NamespaceEventKind::Restored {
                incarnation,
                cause,
                reason,
                id,
                request,
                fences,
            } => {
                let actor = event.actor.as_ref();
                self.enter_incarnation(*incarnation, (*cause, *id, reason), *fences, (actor, effects));
                self.note_request(request.as_ref(), OrderKind::Restore, Answer::Done);
            }
            // For people and audits: the state is the same whoever owns the namespace.
            NamespaceEventKind::OwnerChanged { .. } | NamespaceEventKind::LateReported { .. } => {}
        }
        Ok(())
    }

    fn apply_to_job(&mut self, event: &JobEvent, hint: Hint, effects: &mut Effects) -> Result<(), ApplyError> {
        let JobEvent { job: id, kind, actor } = event;
        let (id, actor) = (*id, actor.as_ref());
        if let JobEventKind::Submitted { spec, hosts, retry_of } = kind {
            // The check has compiled it already; a replay has nothing but the record.
            let compiled = match hint.compiled {
                Some(compiled) => compiled,
                None => self.compile_submitted(spec, hosts)?,
            };
            let job = Job {
                retry_of: *retry_of,
                submitted_by: actor.cloned(),
                ..self.new_job(id, Arc::clone(spec), compiled)
            };
            self.add_job(job, effects);
            return Ok(());
        }
        if let Some(order) = kind.order() {
            self.note_steered(id, order, actor);
        }
        let job = self.jobs.get_mut(&id).ok_or(ApplyError::UnknownJob { job: id })?;
        match kind {
            JobEventKind::WaveOpened { wave, .. } => self.open_wave(id, *wave, effects),
            JobEventKind::FailureBudgetExceeded { group, .. } => self.trip(id, group),
            JobEventKind::Blocked { .. } => self.set_status(id, JobStatus::Blocked, effects),
            JobEventKind::Waiting => self.set_status(id, JobStatus::Waiting, effects),
            JobEventKind::Unblocked => self.set_status(id, JobStatus::Running, effects),
            JobEventKind::Paused => self.set_status(id, JobStatus::Paused, effects),
            JobEventKind::Resumed => self.resume(id, effects),
            JobEventKind::Halting { abort, .. } => {
                // A halt does not take back an abort.
                job.aborted |= abort;
                let ordered = kind.halt_cause() == Some(HaltCause::Order);
                // Behind a time limit or a budget there is nobody.
                job.stopped_by = actor.filter(|_| ordered).cloned();
                self.set_status(id, JobStatus::Halting, effects);
            }
            JobEventKind::Halted => self.set_status(id, JobStatus::Halted, effects),
            JobEventKind::Finished { .. } => self.set_status(id, JobStatus::Finished, effects),
            JobEventKind::Retired => self.retire(id),
            JobEventKind::Altered { change } => {
                // Rare, and whichever setting it is, the queues are right again when they are built
                // anew.
                job.alter(change, self.at);
                effects.push(Effect::Rebuild);
            }
            JobEventKind::Submitted { .. } => {}
        }
        Ok(())
    }

    fn mark(&mut self, host: &HostName, down: bool, effects: &mut Effects) -> Result<(), ApplyError> {
        let (id, at) = (self.host_id(host)?, self.at);
        // Before the change, after which nobody is to blame any more.
        let (changing, blamed) = (self.changing(id), self.blamed_on(id));
        self.change_host(changing, effects, |host| {
            if down {
                host.down = host.down.or(Some(at));
            } else {
                // The word of whoever marks it up stands against all that jobs have left there.
                (host.down, host.failed_attempt) = (None, None);
            }
        });
        if !down {
            self.hosts.set_earlier(id, vec![]);
        }
        self.release_from_remnants(id, blamed);
        // A host that was unavailable before may be so for longer now.
        effects.push(Effect::HostMarked(id));
        Ok(())
    }

    pub(super) fn host_id(&self, host: &HostName) -> Result<crate::fleet::HostId, ApplyError> {
        self.fleet
            .id(host.as_str())
            .ok_or_else(|| ApplyError::UnknownHost { host: host.clone() })
    }
}
