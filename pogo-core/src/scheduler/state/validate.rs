//! Validates events against the state. A damaged log is refused here, before it can do harm.

use super::{DoubtAt, Job, JobChange, Running, State, TaskChange};
use crate::fleet::HostName;
use crate::scheduler::{
    ApplyError, AttemptId, Event, HostEvent, JobEvent, JobEventKind, JobId, NamespaceEventKind, Phase, TaskEvent,
    TaskEventKind,
};

impl State {
    /// Refuses an event that cannot come next. What the scheduler decides always can, so this checks whether the event
    /// fits the state, and not whether this version would have decided it: an older one may have decided otherwise.
    pub(super) fn validate_event(&self, event: &Event) -> Result<(), ApplyError> {
        match event {
            Event::Namespace(event) => self.validate_namespace_event(&event.kind),
            // A mark may be repeated.
            Event::Host(HostEvent { host, kind, .. }) => self.validate_hold(host, kind),
            Event::Job(event) => self.validate_job_event(event),
            Event::Task(event) => self.validate_task_event(event),
        }
    }

    fn validate_namespace_event(&self, event: &NamespaceEventKind) -> Result<(), ApplyError> {
        match event {
            NamespaceEventKind::HostsFrozen { hosts, .. } if self.freezes.get(hosts).is_some() => {
                Err(ApplyError::WrongFreeze { hosts: hosts.clone() })
            }
            NamespaceEventKind::HostsThawed { hosts, .. } if self.freezes.get(hosts).is_none() => {
                Err(ApplyError::WrongFreeze { hosts: hosts.clone() })
            }
            NamespaceEventKind::Restored { incarnation, .. } => self.validate_restored(*incarnation),
            NamespaceEventKind::OwnerChanged { .. }
            | NamespaceEventKind::Ordered { .. }
            | NamespaceEventKind::Configured { .. }
            | NamespaceEventKind::HostsFrozen { .. }
            | NamespaceEventKind::HostsThawed { .. }
            | NamespaceEventKind::LateReported { .. } => Ok(()),
        }
    }

    fn validate_task_event(&self, TaskEvent { job, host, kind, .. }: &TaskEvent) -> Result<(), ApplyError> {
        let attempt_follows = |attempt, fits: fn(&Running) -> bool| self.validate_attempt(*job, host, attempt, fits);
        match kind {
            TaskEventKind::Started { attempt, .. } => {
                self.validate_task(*job, host, TaskChange::Start)?;
                let id = self.host_id(host)?;
                let held = self.jobs.get(job).is_some_and(|job| self.is_held_against(job, id));
                // The number has to be the very next: a record that is missing or doubled is found
                // by the first start behind it.
                if held || self.hosts.is_leased(id) || self.hosts.is_removed(id) || *attempt != self.attempts.next_id()
                {
                    return Err(ApplyError::UnknownAttempt { attempt: *attempt });
                }
                Ok(())
            }
            TaskEventKind::PhaseEntered { attempt, phase, .. } => {
                // Phases only go forward, so a record that was moved to another place in the log is
                // found here.
                self.validate_attempt(*job, host, *attempt, |running| *phase > running.phase)
            }
            // Perhaps not for the first time: each launch after a broken link asks anew.
            TaskEventKind::Permitted { attempt, .. } => attempt_follows(*attempt, |running| {
                running.cancelling.is_none() && running.phase != Phase::Settle
            }),
            TaskEventKind::Fenced { attempt, reopens, .. } => self.validate_fence((*job, host), *attempt, *reopens),
            TaskEventKind::NeverBegan { attempt, .. } => {
                attempt_follows(*attempt, |running| running.phase != Phase::Settle)
            }
            TaskEventKind::CancelRequested { attempt, .. } => attempt_follows(*attempt, |running| {
                running.cancelling.is_none() && running.phase != Phase::Settle
            }),
            // In any phase, and perhaps not for the first time: links break, and files of known keys are edited.
            TaskEventKind::HostKeyRecorded { attempt } => attempt_follows(*attempt, |_| true),
            TaskEventKind::Slow { attempt, .. } => attempt_follows(*attempt, |running| {
                !running.slow && running.cancelling.is_none() && running.phase != Phase::Settle
            }),
            TaskEventKind::Succeeded { attempt, .. }
            | TaskEventKind::Failed { attempt, .. }
            | TaskEventKind::InDoubt { attempt, .. } => attempt_follows(*attempt, |_| true),
            TaskEventKind::Retried { .. } => {
                if self.hosts.is_removed(self.host_id(host)?) {
                    return Err(ApplyError::UnknownHost { host: host.clone() });
                }
                self.validate_task(*job, host, TaskChange::Retry)
            }
            TaskEventKind::Skipped if self.retired.holds(*job, host) => Ok(()),
            TaskEventKind::Skipped => self.validate_task(*job, host, TaskChange::Skip),
            TaskEventKind::Cancelled => self.validate_task(*job, host, TaskChange::Cancel),
        }
    }

    fn validate_job_event(&self, event: &JobEvent) -> Result<(), ApplyError> {
        let follows = |fits: fn(&Job) -> bool| self.validate_job(event.job, fits);
        match &event.kind {
            JobEventKind::Submitted { .. } if !self.is_new_job(event.job) => {
                Err(ApplyError::DuplicateJob { job: event.job })
            }
            JobEventKind::Submitted { .. } => Ok(()),
            JobEventKind::WaveOpened { wave, .. } => self.validate_job(event.job, |job| {
                let stage = job.stages.wave(*wave);
                stage.is_some() && stage == job.gates.baking().map(|(stage, _)| stage)
            }),
            JobEventKind::Blocked { .. } | JobEventKind::Waiting | JobEventKind::Unblocked => {
                follows(|job| job.status.allows(JobChange::Assess))
            }
            JobEventKind::Paused => follows(|job| job.status.allows(JobChange::Pause)),
            JobEventKind::Resumed => follows(|job| job.status.allows(JobChange::Resume)),
            JobEventKind::FailureBudgetExceeded { .. } | JobEventKind::Halting { .. } => {
                follows(|job| job.status.allows(JobChange::Abort))
            }
            JobEventKind::Halted => follows(|job| job.status.allows(JobChange::HaltEnds) && job.tally.running == 0),
            JobEventKind::Finished { .. } => {
                follows(|job| job.status.allows(JobChange::Finish) && job.tally.running == 0 && job.tally.waiting == 0)
            }
            JobEventKind::Retired => follows(|job| job.status.allows(JobChange::Retire)),
            JobEventKind::Altered { change } => self.validate_job(event.job, |job| {
                job.status.allows(JobChange::Alter) && change.check(&job.spec).is_ok()
            }),
        }
    }

    fn validate_job(&self, id: JobId, fits: impl Fn(&Job) -> bool) -> Result<(), ApplyError> {
        let job = self.jobs.get(&id).ok_or(ApplyError::UnknownJob { job: id })?;
        if fits(job) {
            Ok(())
        } else {
            Err(ApplyError::WrongJobStatus {
                job: id,
                status: job.status,
            })
        }
    }

    fn validate_task(&self, id: JobId, host: &HostName, change: TaskChange) -> Result<(), ApplyError> {
        let job = self.jobs.get(&id).ok_or(ApplyError::UnknownJob { job: id })?;
        let unknown = || ApplyError::UnknownHost { host: host.clone() };
        let state = job.task(job.task_of(self.host_id(host)?).ok_or_else(unknown)?).state;
        if state.allows(change) {
            Ok(())
        } else {
            Err(ApplyError::WrongTaskState {
                job: id,
                host: host.clone(),
                state,
            })
        }
    }

    /// It is under way, or in doubt, and its end can follow if the event says that it does.
    fn validate_fence(
        &self,
        (id, host): (JobId, &HostName),
        attempt: AttemptId,
        reopens: bool,
    ) -> Result<(), ApplyError> {
        let of_host = |(name, job): &DoubtAt| *job == id && name == host;
        let in_doubt = self.doubts.of_attempt(attempt).filter(|at| of_host(at));
        match in_doubt.filter(|at| !reopens || self.may_reopen(at).is_some()) {
            Some(_) => Ok(()),
            None => self.validate_attempt(id, host, attempt, |running| running.phase != Phase::Settle),
        }
    }

    fn validate_attempt(
        &self,
        id: JobId,
        host: &HostName,
        attempt: AttemptId,
        fits: impl Fn(&Running) -> bool,
    ) -> Result<(), ApplyError> {
        let running = self.attempts.get(attempt).filter(|running| {
            let (job, task) = running.task;
            job == id && self.jobs.get(&job).is_some_and(|job| job.name(task) == host) && fits(running)
        });
        running.map(|_| ()).ok_or(ApplyError::UnknownAttempt { attempt })
    }
}
