//! Events into state: the only code that changes it.

use std::sync::Arc;

use super::hosts::Changing;
use super::job::Compiled;
use super::tasks::Moving;
use super::{ApplyError, Bad, Effect, Effects, JobStatus, Running, State, TaskAt, TaskState};
use crate::Timestamp;
use crate::fleet::HostName;
use crate::scheduler::{AttemptId, Event, Freeze, JobId, Phase};

/// What whoever decided on the event already knows, so that it need not be looked up again.
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
    /// Changes the state as the event says. On an error nothing has changed.
    pub(crate) fn apply(&mut self, at: Timestamp, event: &Event, effects: &mut Effects) -> Result<(), ApplyError> {
        if at < self.at {
            return Err(ApplyError::OutOfOrder { at, last: self.at });
        }
        self.can_follow(event)?;
        self.apply_decided(at, event, Hint::default(), effects)
    }

    /// The same for an event that was decided on this very state, so that it can follow.
    pub(crate) fn apply_decided(
        &mut self,
        at: Timestamp,
        event: &Event,
        hint: Hint,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        debug_assert!(at >= self.at);
        debug_assert_eq!(self.can_follow(event), Ok(()), "{event:?}");
        let before = std::mem::replace(&mut self.at, at);
        self.apply_now(event, hint, effects).inspect_err(|_| self.at = before)
    }

    fn apply_now(&mut self, event: &Event, hint: Hint, effects: &mut Effects) -> Result<(), ApplyError> {
        match event {
            Event::NamespaceConfigured { fleet, policy } => self.configure(fleet, policy, hint.configured, effects),
            Event::HostsFrozen { hosts, by, reason } => {
                let freeze = Freeze {
                    hosts: hosts.clone(),
                    by: by.clone(),
                    reason: reason.clone(),
                    since: self.at,
                };
                self.freeze(freeze).map_err(ApplyError::invalid)?;
                effects.push(Effect::Rebuild);
                Ok(())
            }
            Event::HostsThawed { hosts, .. } => {
                self.freezes.remove(hosts);
                effects.push(Effect::Rebuild);
                Ok(())
            }
            Event::HostMarkedDown { host, .. } => self.mark(host, true, effects),
            Event::HostMarkedUp { host, .. } => self.mark(host, false, effects),
            Event::JobSubmitted { job, spec, hosts } => {
                let compiled = match hint.compiled {
                    Some(compiled) => compiled,
                    None => self.compile_submitted(spec, hosts)?,
                };
                self.add_job(*job, Arc::clone(spec), compiled, effects);
                Ok(())
            }
            Event::TaskStarted { .. }
            | Event::TaskPhaseEntered { .. }
            | Event::TaskSucceeded { .. }
            | Event::TaskFailed { .. }
            | Event::TaskInDoubt { .. }
            | Event::TaskSlow { .. }
            | Event::TaskRetried { .. }
            | Event::TaskSkipped { .. }
            | Event::TaskCancelled { .. }
            | Event::CancelRequested { .. } => self.apply_to_task(event, &hint, effects),
            Event::LateReported { .. } => Ok(()),
            Event::WaveOpened { .. }
            | Event::FailureBudgetExceeded { .. }
            | Event::JobBlocked { .. }
            | Event::JobWaiting { .. }
            | Event::JobUnblocked { .. }
            | Event::JobPaused { .. }
            | Event::JobResumed { .. }
            | Event::JobHalting { .. }
            | Event::JobHalted { .. }
            | Event::JobAltered { .. }
            | Event::JobFinished { .. } => self.apply_to_job(event, effects),
        }
    }

    fn apply_to_task(&mut self, event: &Event, hint: &Hint, effects: &mut Effects) -> Result<(), ApplyError> {
        match event {
            Event::TaskStarted { job, host, attempt } => {
                let at = self.task_at(*job, host, hint)?;
                self.start(at, *attempt, effects);
            }
            Event::TaskPhaseEntered { attempt, phase, .. } => {
                let now = self.at;
                let running = self
                    .attempts
                    .get_mut(*attempt)
                    .ok_or(ApplyError::UnknownAttempt { attempt: *attempt })?;
                running.phase = *phase;
                if *phase == Phase::Settle {
                    // It succeeded before it could be cancelled.
                    (running.since, running.cancelling) = (now, None);
                    effects.push(Effect::Settling { attempt: *attempt });
                }
            }
            Event::CancelRequested { attempt, reason, .. } => {
                let now = self.at;
                let running = self
                    .attempts
                    .get_mut(*attempt)
                    .ok_or(ApplyError::UnknownAttempt { attempt: *attempt })?;
                (running.cancelling, running.since) = (Some(*reason), now);
                effects.push(Effect::Cancelling { attempt: *attempt });
            }
            Event::TaskSlow { attempt, .. } => {
                self.attempts
                    .get_mut(*attempt)
                    .ok_or(ApplyError::UnknownAttempt { attempt: *attempt })?
                    .slow = true;
                effects.push(Effect::ToldSlow { attempt: *attempt });
            }
            Event::TaskSucceeded { attempt, .. } => self.end(*attempt, TaskState::Succeeded, effects)?,
            Event::TaskInDoubt { attempt, .. } => self.end(*attempt, TaskState::InDoubt, effects)?,
            Event::TaskFailed { attempt, failure, .. } => {
                let task = self.attempts.get(*attempt).map(|running| running.task);
                self.end(*attempt, TaskState::Failed, effects)?;
                if let Some((job, task)) = task
                    && let Some(job) = self.jobs.get_mut(&job)
                {
                    job.failures.insert(task, failure.clone());
                }
            }
            Event::TaskRetried {
                job,
                host,
                not_before,
                ordered,
                after_connect,
            } => {
                let at = self.task_at(*job, host, hint)?;
                self.retry(at, *not_before, *ordered, *after_connect, effects);
            }
            Event::TaskSkipped { job, host } => {
                let at = self.task_at(*job, host, hint)?;
                self.move_task(at, TaskState::Skipped, effects);
                self.excuse(self.host_id(host)?, *job, effects);
            }
            Event::TaskCancelled { job, host } => {
                let at = self.task_at(*job, host, hint)?;
                self.move_task(at, TaskState::Cancelled, effects);
            }
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, at: TaskAt, attempt: AttemptId, effects: &mut Effects) {
        let (id, task) = at;
        self.move_task(at, TaskState::Running, effects);
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let task = &mut job.tasks[task as usize];
        task.record.tries = task.record.tries.saturating_add(1);
        task.attempt = attempt;
        let target = task.target.clone();
        let host = Changing::of(id, &target, self.at);
        let running = Running {
            task: at,
            target,
            phase: Phase::Connect,
            started: self.at,
            since: self.at,
            cancelling: None,
            slow: false,
        };
        self.attempts.begin(attempt, running);
        self.change_host(host, effects, |host| host.leased = true);
        effects.push(Effect::Started { attempt });
    }

    fn end(&mut self, attempt: AttemptId, to: TaskState, effects: &mut Effects) -> Result<(), ApplyError> {
        let running = self
            .attempts
            .end(attempt)
            .ok_or(ApplyError::UnknownAttempt { attempt })?;
        let (id, task) = running.task;
        let job = self.jobs.get_mut(&id).ok_or(ApplyError::UnknownJob { job: id })?;
        job.tasks[task as usize].attempt = AttemptId::NONE;
        let moving = Moving {
            profile: running.target.profile,
            track: running.target.track,
            from: TaskState::Running,
            fresh: false,
        };
        let host = Changing::of(id, &running.target, running.started);
        self.step(running.task, moving, to, effects);
        let (in_doubt, at) = (to == TaskState::InDoubt, self.at);
        let badly = in_doubt || to == TaskState::Failed;
        let mut before = None;
        let mut bad = badly.then_some(Bad { job: id, in_doubt, at });
        self.change_host(host, effects, |host| {
            host.leased = false;
            // A host that has left the fleet is counted until it ends, and no longer.
            bad = bad.filter(|_| !host.removed);
            before = std::mem::replace(&mut host.bad, bad);
            host.down = host.down.filter(|_| !host.removed);
        });
        if before.is_some() {
            self.leave(running.target.host, before, bad);
        }
        Ok(())
    }

    fn retry(&mut self, at: TaskAt, not_before: Timestamp, ordered: bool, after_connect: bool, effects: &mut Effects) {
        let (id, task) = at;
        self.move_task(at, TaskState::Waiting, effects);
        let now = self.at;
        let Some(job) = self.jobs.get_mut(&id) else { return };
        if not_before > now {
            job.backoffs.insert(task, not_before);
        }
        let record = job.task_mut(task);
        match (ordered, after_connect) {
            // An operator's order starts the counts afresh.
            (true, _) => (record.retries, record.connect_retries) = (0, 0),
            (false, true) => record.connect_retries = record.connect_retries.saturating_add(1),
            (false, false) => record.retries = record.retries.saturating_add(1),
        }
        let fresh = record.tries == 0;
        let finished = job.status == JobStatus::Finished;
        effects.push(if fresh || finished {
            Effect::Rebuild
        } else {
            Effect::Requeued(at)
        });
        if finished {
            job.reopen(now);
            self.set_status(id, JobStatus::Running, effects);
        }
    }

    fn apply_to_job(&mut self, event: &Event, effects: &mut Effects) -> Result<(), ApplyError> {
        let id = event.job().filter(|id| self.jobs.contains_key(id));
        let Some(id) = id else {
            return Err(ApplyError::UnknownJob {
                job: event.job().unwrap_or(JobId::new(0)),
            });
        };
        match event {
            Event::WaveOpened { wave, .. } => self.open_wave(id, *wave, effects),
            Event::FailureBudgetExceeded { group, .. } => self.trip(id, group),
            Event::JobBlocked { .. } => self.set_status(id, JobStatus::Blocked, effects),
            Event::JobWaiting { .. } => self.set_status(id, JobStatus::Waiting, effects),
            Event::JobUnblocked { .. } => self.set_status(id, JobStatus::Running, effects),
            Event::JobPaused { .. } => self.set_status(id, JobStatus::Paused, effects),
            Event::JobResumed { .. } => self.resume(id, effects),
            Event::JobHalting { abort, .. } => {
                if let Some(job) = self.jobs.get_mut(&id) {
                    job.aborted |= abort;
                }
                self.set_status(id, JobStatus::Halting, effects);
            }
            Event::JobHalted { .. } => self.set_status(id, JobStatus::Halted, effects),
            Event::JobFinished { .. } => self.set_status(id, JobStatus::Finished, effects),
            Event::JobAltered { change, .. } => {
                let now = self.at;
                if let Some(job) = self.jobs.get_mut(&id) {
                    job.settings.alter(change);
                    if change.allow_failures.is_some() {
                        job.stages.allow_in_waves(job.settings.allow_failures);
                        job.gates.allow_in_waves(&job.stages, now);
                    }
                    job.limit_spent &= change.job_timeout.is_none();
                }
                effects.push(Effect::Rebuild);
            }
            _ => {}
        }
        Ok(())
    }

    fn mark(&mut self, host: &HostName, down: bool, effects: &mut Effects) -> Result<(), ApplyError> {
        let (id, at) = (self.host_id(host)?, self.at);
        let changing = self.changing(id);
        self.change_host(changing, effects, |host| {
            if down {
                host.down = host.down.or(Some(at));
            } else {
                (host.down, host.bad) = (None, None);
            }
        });
        if !down {
            self.hosts.set_earlier(id, vec![]);
        }
        // A host that was unavailable before may be so for longer now.
        effects.push(Effect::HostMarked(id));
        Ok(())
    }

    pub(super) fn host_id(&self, host: &HostName) -> Result<crate::fleet::HostId, ApplyError> {
        self.fleet
            .id(host.as_str())
            .ok_or_else(|| ApplyError::UnknownHost { host: host.clone() })
    }

    fn task_at(&self, job: JobId, host: &HostName, hint: &Hint) -> Result<TaskAt, ApplyError> {
        if let Some(task) = hint.task {
            return Ok(task);
        }
        let found = self.jobs.get(&job).ok_or(ApplyError::UnknownJob { job })?;
        let task = found
            .task_of(self.host_id(host)?)
            .ok_or_else(|| ApplyError::UnknownHost { host: host.clone() })?;
        Ok((job, task))
    }
}
