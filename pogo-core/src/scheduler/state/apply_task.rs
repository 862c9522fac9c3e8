//! Events of tasks into state: their attempts, and what each end of one leaves behind.

use super::apply::Hint;
use super::host_changes::HostChange;
use super::tasks::TaskMove;
use super::{AttemptTimes, Backoff, Doubt, Effect, Effects, FailedAttempt, Running, State, TaskAt};
use crate::Timestamp;
use crate::fleet::HostName;
use crate::scheduler::{
    ApplyError, AttemptId, CancelReason, Failure, FenceState, JobId, JobStatus, NeverBegan, OrderKind, Permission,
    Phase, TaskEvent, TaskEventKind, TaskState,
};

impl State {
    pub(super) fn apply_to_task(
        &mut self,
        event: &TaskEvent,
        hint: &Hint,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let TaskEvent { job, host, kind, actor } = event;
        match kind {
            TaskEventKind::Started {
                attempt,
                asks_permission,
            } => {
                let at = self.task_at(*job, host, hint)?;
                self.start(at, *attempt, Permission::at_start(*asks_permission), effects);
            }
            TaskEventKind::Permitted {
                attempt,
                host_lock,
                fences,
            } => self.permit(*attempt, *host_lock, *fences)?,
            TaskEventKind::Fenced {
                attempt,
                answer,
                reopens,
            } => self.fence(*attempt, answer, *reopens, effects),
            TaskEventKind::NeverBegan {
                attempt,
                reason,
                not_before,
                ..
            } => {
                let at = self.task_at(*job, host, hint)?;
                self.end(*attempt, TaskState::Waiting, effects)?;
                self.wait_again(at, *not_before, *reason, effects);
            }
            TaskEventKind::PhaseEntered { attempt, phase, .. } => self.enter_phase(*attempt, *phase, effects)?,
            // It decides nothing: a fact for people, and for who asks later when a key came to be trusted.
            TaskEventKind::HostKeyRecorded { .. } => {}
            TaskEventKind::CancelRequested { attempt, reason } => self.request_cancel(*attempt, *reason, effects)?,
            TaskEventKind::Slow { attempt, .. } => self.report_slow(*attempt, effects)?,
            TaskEventKind::Succeeded { attempt, .. } => self.end(*attempt, TaskState::Succeeded, effects)?,
            TaskEventKind::InDoubt { attempt, .. } => self.end(*attempt, TaskState::InDoubt, effects)?,
            TaskEventKind::Failed { attempt, failure, .. } => self.fail(*attempt, failure, effects)?,
            TaskEventKind::Retried {
                not_before,
                ordered,
                after_connect,
            } => {
                let at = self.task_at(*job, host, hint)?;
                if *ordered {
                    self.note_steered(*job, (OrderKind::Retry, ""), actor.as_ref());
                }
                self.retry(at, *not_before, *ordered, *after_connect, effects);
            }
            TaskEventKind::Skipped => {
                self.note_steered(*job, (OrderKind::Skip, ""), actor.as_ref());
                self.skip(*job, host, hint, effects)?;
            }
            TaskEventKind::Cancelled => {
                let at = self.task_at(*job, host, hint)?;
                self.move_task(at, TaskState::Cancelled, effects);
            }
        }
        Ok(())
    }

    fn permit(&mut self, attempt: AttemptId, host_lock: bool, fences: bool) -> Result<(), ApplyError> {
        let running = self.running_mut(attempt)?;
        running.permission = running.permission.renewed(host_lock, fences);
        // What its host has said was of the launch before.
        running.fence = FenceState::NotAsked;
        Ok(())
    }

    fn report_slow(&mut self, attempt: AttemptId, effects: &mut Effects) -> Result<(), ApplyError> {
        self.running_mut(attempt)?.slow = true;
        effects.push(Effect::ReportedSlow { attempt });
        Ok(())
    }

    fn enter_phase(&mut self, attempt: AttemptId, phase: Phase, effects: &mut Effects) -> Result<(), ApplyError> {
        let now = self.at;
        let running = self.running_mut(attempt)?;
        running.phase = phase;
        if phase == Phase::Settle {
            // It succeeded before it could be cancelled.
            (running.since, running.cancelling) = (now, None);
            effects.push(Effect::Settling { attempt });
        }
        Ok(())
    }

    fn request_cancel(
        &mut self,
        attempt: AttemptId,
        reason: CancelReason,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let now = self.at;
        let running = self.running_mut(attempt)?;
        (running.cancelling, running.since) = (Some(reason), now);
        effects.push(Effect::Cancelling { attempt });
        Ok(())
    }

    fn fail(&mut self, attempt: AttemptId, failure: &Failure, effects: &mut Effects) -> Result<(), ApplyError> {
        let task = self.attempts.get(attempt).map(|running| running.task);
        self.end(attempt, TaskState::Failed, effects)?;
        if let Some((job, task)) = task
            && let Some(job) = self.jobs.get_mut(&job)
        {
            job.failures.insert(task, failure.clone());
        }
        Ok(())
    }

    fn skip(&mut self, job: JobId, host: &HostName, hint: &Hint, effects: &mut Effects) -> Result<(), ApplyError> {
        // A job that has retired has no task, but its host holds slots until somebody answers for
        // it.
        if !self.retired.holds(job, host) {
            let at = self.task_at(job, host, hint)?;
            self.move_task(at, TaskState::Skipped, effects);
        }
        self.clear_failure(self.host_id(host)?, job, effects);
        Ok(())
    }

    fn running_mut(&mut self, attempt: AttemptId) -> Result<&mut Running, ApplyError> {
        self.attempts
            .get_mut(attempt)
            .ok_or(ApplyError::UnknownAttempt { attempt })
    }

    fn start(&mut self, at: TaskAt, attempt: AttemptId, permission: Permission, effects: &mut Effects) {
        let (id, task) = at;
        self.move_task(at, TaskState::Running, effects);
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let task = &mut job.tasks[task as usize];
        // Saturates: a host may be tried for years by a job without an end, and only the order of
        // small counts matters.
        task.record.tries = task.record.tries.saturating_add(1);
        (task.attempt, task.times) = (attempt, AttemptTimes::UNKNOWN);
        let target = task.target.clone();
        let host = HostChange::of(id, &target, self.at);
        let running = Running {
            task: at,
            target,
            phase: Phase::Connect,
            permission,
            fence: FenceState::NotAsked,
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
        let record = &mut job.tasks[task as usize];
        record.times = AttemptTimes::between(job.submitted, running.started, self.at);
        // In a row: one attempt that began shows that the host is no longer busy, and the next
        // pause is short again.
        record.record.never_began = match to == TaskState::Waiting {
            true => record.record.never_began.saturating_add(1),
            false => 0,
        };
        let moving = TaskMove {
            profile: running.target.profile,
            track: running.target.track,
            from: TaskState::Running,
            fresh: false,
        };
        self.step(running.task, moving, to, effects);
        let blamed = self.blamed_on(running.target.host);
        // The state of a host names the latest failure; that of this job may stand behind one of another job.
        let of_job = |attempt: &FailedAttempt| attempt.job == id;
        let hidden = self.hosts.earlier(running.target.host).iter().copied().find(of_job);
        let before = self.leave_host(&running, to, effects);
        if to == TaskState::InDoubt
            && let Permission::Given {
                host_lock,
                fences: true,
            } = running.permission
        {
            let doubt = Doubt {
                attempt,
                host_lock,
                fence: running.fence,
                before: before.filter(of_job).or(hidden),
            };
            self.doubts.insert((running.target.name.clone(), id), doubt);
        }
        self.release_from_remnants(running.target.host, blamed);
        Ok(())
    }

    /// The host of an attempt that has ended is free, or failed. Gives the failure that the host had until then.
    fn leave_host(&mut self, running: &Running, to: TaskState, effects: &mut Effects) -> Option<FailedAttempt> {
        let (job, at) = (running.task.0, self.at);
        let in_doubt = to == TaskState::InDoubt;
        let is_bad = in_doubt || to == TaskState::Failed;
        let mut failed_attempt = is_bad.then_some(FailedAttempt { job, in_doubt, at });
        let mut before = None;
        let host = HostChange::of(job, &running.target, running.started);
        self.change_host(host, effects, |host| {
            host.leased = false;
            if to == TaskState::Waiting {
                // What never began says nothing of the host: one that had failed before is still failed.
                failed_attempt = host.failed_attempt;
            }
            // A host that has left the fleet is counted until it ends, and no longer.
            failed_attempt = failed_attempt.filter(|_| host.left.is_none());
            before = std::mem::replace(&mut host.failed_attempt, failed_attempt);
            host.down = host.down.filter(|_| host.left.is_none());
        });
        if before.is_some() && before != failed_attempt {
            self.keep_earlier(running.target.host, before, failed_attempt);
        }
        before
    }

    /// A task waits as before an attempt that never began.
    fn wait_again(&mut self, at: TaskAt, not_before: Timestamp, reason: NeverBegan, effects: &mut Effects) {
        let now = self.at;
        let Some(job) = self.jobs.get_mut(&at.0) else { return };
        if not_before > now {
            let delay = Backoff {
                since: now,
                until: not_before,
                never_began: Some(reason),
            };
            job.backoffs.insert(at.1, delay);
        }
        effects.push(Effect::Requeued(at));
    }

    fn retry(&mut self, at: TaskAt, not_before: Timestamp, ordered: bool, after_connect: bool, effects: &mut Effects) {
        let (id, task) = at;
        self.move_task(at, TaskState::Waiting, effects);
        let now = self.at;
        let Some(job) = self.jobs.get_mut(&id) else { return };
        if not_before > now {
            let delay = Backoff {
                since: now,
                until: not_before,
                never_began: None,
            };
            job.backoffs.insert(task, delay);
        }
        let record = job.task_mut(task);
        match (ordered, after_connect) {
            // An operator's order starts the counts afresh.
            (true, _) => (record.retries, record.connect_retries, record.never_began) = (0, 0, 0),
            (false, true) => record.connect_retries = record.connect_retries.saturating_add(1),
            (false, false) => record.retries = record.retries.saturating_add(1),
        }
        let fresh = record.tries == 0;
        let finished = job.status == JobStatus::Finished;
        // A task that was never tried brings back work that its buckets no longer count, and
        // a finished job is in no queue.
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
