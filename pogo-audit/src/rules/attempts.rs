//! The events of attempts: where one may start, and what its end changes.

use super::permission::{PermissionTerms, ran};
use crate::finding::{Breach, BrokenRule, broken, unknown};
use crate::state::AuditState;
use crate::state::task::RetryReason;
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{AttemptId, DoubtCause, Failure, JobId, Phase, TaskEvent, TaskEventKind, TaskState};

impl AuditState {
    pub(crate) fn apply_task_event(&mut self, event: &TaskEvent) -> Result<(), Breach> {
        let TaskEvent { job, host, kind, .. } = event;
        match kind {
            TaskEventKind::Started {
                attempt,
                asks_permission,
                ..
            } => self.start(*job, host, *attempt, *asks_permission),
            TaskEventKind::Permitted {
                attempt,
                host_lock,
                fences,
            } => {
                let (host_lock, fences) = (*host_lock, *fences);
                self.permit(*job, host, *attempt, PermissionTerms { host_lock, fences })
            }
            TaskEventKind::Fenced {
                attempt,
                answer,
                reopens,
            } => self.fence((*job, host), *attempt, answer, *reopens),
            TaskEventKind::NeverBegan {
                attempt, not_before, ..
            } => self.never_began(*job, host, *attempt, *not_before),
            TaskEventKind::PhaseEntered { attempt, phase, .. } => self.enter(*job, host, *attempt, *phase),
            TaskEventKind::Succeeded { attempt, .. } => self.succeed(*job, host, *attempt),
            TaskEventKind::Failed { attempt, failure, .. } => self.fail((*job, host), *attempt, failure),
            TaskEventKind::InDoubt { attempt, .. } => self.doubt((*job, host), *attempt, kind.doubt_cause()),
            TaskEventKind::CancelRequested { attempt, .. } => self.request_cancel(*job, host, *attempt),
            TaskEventKind::HostKeyRecorded { attempt } => self.attempt(*job, host, *attempt).map(|_| ()),
            TaskEventKind::Slow { .. } => self.job(*job).map(|_| ()),
            TaskEventKind::Retried {
                not_before,
                ordered,
                after_connect,
            } => self.retry(*job, host, *not_before, RetryReason::of(*ordered, *after_connect)),
            TaskEventKind::Skipped => self.skip(*job, host),
            TaskEventKind::Cancelled => self.cancel(*job, host),
            _ => unknown(&event.kind),
        }
    }

    fn start(&mut self, id: JobId, host: &HostName, attempt: AttemptId, asks: bool) -> Result<(), Breach> {
        self.check_attempt_number(attempt)?;
        let host_state = self.namespace.host(self.namespace.id(host)?);
        if let Some((other, earlier)) = host_state.running {
            return broken(
                BrokenRule::Once,
                format!("`{host}` starts while {earlier} of {other} runs there"),
            );
        }
        if host_state.left_fleet {
            return broken(BrokenRule::Log, format!("`{host}` starts, and has left the fleet"));
        }
        let at = self.at;
        let (job, namespace) = self.job_in_namespace(id)?;
        let task = job.task(host)?;
        // Judged before anything changes, so that the host does not count against its own limits.
        job.may_start(namespace, task, at)?;
        job.set(namespace, task, TaskState::Running, at)?;
        job.limits.begin(attempt, at);
        let started = &mut job.tasks[task];
        (started.phase, started.cancelling) = ((Phase::Connect, at), false);
        (started.awaits_permission, started.began_unlocked) = (asks, false);
        started.permitted = None;
        (started.unfenced, started.fences, started.failed_before) = (None, false, false);
        let host_id = namespace.id(host)?;
        namespace.change(host_id, |host| host.running = Some((id, attempt)));
        self.running.insert(attempt, (id, host.clone()));
        self.started = attempt.number();
        self.starts += 1;
        Ok(())
    }

    /// Numbers without gaps prove that no start is missing from the log. Those of other jobs are missing where only
    /// one is known.
    fn check_attempt_number(&self, attempt: AttemptId) -> Result<(), Breach> {
        let next = self.started.saturating_add(1);
        let follows = match self.only_job {
            Some(_) => attempt.number() >= next,
            None => attempt.number() == next,
        };
        match follows {
            true => Ok(()),
            false => broken(BrokenRule::Log, format!("{attempt} starts, and the next is a{next}")),
        }
    }

    fn succeed(&mut self, job: JobId, host: &HostName, attempt: AttemptId) -> Result<(), Breach> {
        let (task, at) = (self.attempt(job, host, attempt)?, self.at);
        self.has_begun(job, task, attempt, "has succeeded")?;
        self.job(job)?.may_succeed(task, at)?;
        self.end(job, task, attempt, TaskState::Succeeded)
    }

    /// An attempt that failed while it connected need not have begun.
    fn fail(&mut self, (job, host): (JobId, &HostName), attempt: AttemptId, failure: &Failure) -> Result<(), Breach> {
        let task = self.attempt(job, host, attempt)?;
        if ran(&failure.kind) {
            self.has_begun(job, task, attempt, "has failed")?;
        }
        self.end(job, task, attempt, TaskState::Failed)
    }

    fn doubt(
        &mut self,
        (job, host): (JobId, &HostName),
        attempt: AttemptId,
        cause: Option<DoubtCause>,
    ) -> Result<(), Breach> {
        let task = self.attempt(job, host, attempt)?;
        // The record of the restore itself is not among those of the job.
        if self.only_job.is_some() && cause == Some(DoubtCause::Restored) {
            self.job(job)?.tasks[task].presume_begun(attempt);
        }
        self.has_begun(job, task, attempt, "is in doubt")?;
        self.end(job, task, attempt, TaskState::InDoubt)
    }

    fn enter(&mut self, job: JobId, host: &HostName, attempt: AttemptId, phase: Phase) -> Result<(), Breach> {
        let (task, at) = (self.attempt(job, host, attempt)?, self.at);
        self.has_begun(job, task, attempt, &format!("has come to {phase}"))?;
        let job = self.job(job)?;
        // Settling has no time limit of its own: the command is over, and the host is only watched.
        if phase == Phase::Settle {
            job.limits.end(attempt);
        }
        let task = &mut job.tasks[task];
        // Phases may be left out, as where there is no hook, but none comes twice.
        if phase <= task.phase.0 {
            return broken(BrokenRule::Log, format!("{attempt} goes back to {phase}"));
        }
        task.phase = (phase, at);
        Ok(())
    }

    /// The position of this attempt's task.
    pub(crate) fn attempt(&mut self, id: JobId, host: &HostName, attempt: AttemptId) -> Result<usize, Breach> {
        match self.running.get(&attempt) {
            // Not the number alone: a record that was moved or made up names an attempt that runs
            // elsewhere.
            Some((job, at)) if *job == id && at == host => self.job(id)?.task(host),
            _ => broken(BrokenRule::Log, format!("{attempt} of {id} does not run on `{host}`")),
        }
    }

    fn end(&mut self, id: JobId, task: usize, attempt: AttemptId, to: TaskState) -> Result<(), Breach> {
        let at = self.at;
        let (job, namespace) = self.job_in_namespace(id)?;
        job.limits.end(attempt);
        job.set(namespace, task, to, at)?;
        let host = namespace.id(&job.hosts[task])?;
        // Read before the host is changed below: this attempt's own end would otherwise count as
        // the earlier failure.
        job.tasks[task].failed_before = namespace.host(host).failed_jobs.contains(&id);
        namespace.change(host, |host| {
            // A host that left the fleet counts until its attempt ends, and no longer.
            (host.running, host.down) = (None, host.down && !host.left_fleet);
            if to == TaskState::Succeeded || host.left_fleet {
                host.failed_jobs.clear();
            } else {
                host.failed_jobs.insert(id);
            }
        });
        self.running.remove(&attempt);
        Ok(())
    }

    fn request_cancel(&mut self, id: JobId, host: &HostName, attempt: AttemptId) -> Result<(), Breach> {
        let (task, at) = (self.attempt(id, host, attempt)?, self.at);
        let job = self.job(id)?;
        job.limits.cancel(attempt, at);
        let task = &mut job.tasks[task];
        if std::mem::replace(&mut task.cancelling, true) || task.phase.0 == Phase::Settle {
            return broken(BrokenRule::Log, format!("{attempt} is cancelled, and cannot be"));
        }
        Ok(())
    }

    pub(crate) fn report_late(&mut self, attempt: AttemptId) -> Result<(), Breach> {
        // A report is late if the attempt has ended, or its command has and it settles.
        let settles = match self.running.get(&attempt).cloned() {
            None => attempt.number() <= self.started,
            Some((job, host)) => {
                let job = self.job(job)?;
                job.tasks[job.task(&host)?].phase.0 == Phase::Settle
            }
        };
        if settles {
            Ok(())
        } else {
            broken(BrokenRule::Log, format!("{attempt} is not late"))
        }
    }
}
