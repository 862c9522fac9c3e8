//! Which events can follow a state. A damaged log is refused here, before it can do harm.

use super::{ApplyError, Job, JobStatus, Running, State, TaskState};
use crate::fleet::HostName;
use crate::scheduler::{AttemptId, Event, JobId, Phase};

impl State {
    /// Refuses an event that cannot come next. What the scheduler decides always can; so what is checked is whether the event
    /// makes sense, not whether it is what this version would have decided.
    pub(super) fn can_follow(&self, event: &Event) -> Result<(), ApplyError> {
        match event {
            Event::TaskStarted { job, host, attempt } => {
                self.follows_task(*job, host, |state| state == TaskState::Waiting)?;
                let id = self.host_id(host)?;
                if self.hosts.is_leased(id) || self.hosts.is_removed(id) || *attempt != self.attempts.next_id() {
                    return Err(ApplyError::UnknownAttempt { attempt: *attempt });
                }
                Ok(())
            }
            Event::TaskPhaseEntered {
                job,
                host,
                attempt,
                phase,
            } => self.follows_attempt(*job, host, *attempt, |running| *phase > running.phase),
            Event::CancelRequested { job, host, attempt, .. } => {
                let cancellable = |running: &Running| running.cancelling.is_none() && running.phase != Phase::Settle;
                self.follows_attempt(*job, host, *attempt, cancellable)
            }
            Event::TaskSlow { job, host, attempt, .. } => {
                let told = |running: &Running| running.slow || running.cancelling.is_some();
                self.follows_attempt(*job, host, *attempt, |running| {
                    !told(running) && running.phase != Phase::Settle
                })
            }
            Event::TaskSucceeded { job, host, attempt }
            | Event::TaskFailed { job, host, attempt, .. }
            | Event::TaskInDoubt { job, host, attempt, .. } => self.follows_attempt(*job, host, *attempt, |_| true),
            Event::TaskRetried { job, host, .. } => {
                if self.hosts.is_removed(self.host_id(host)?) {
                    return Err(ApplyError::UnknownHost { host: host.clone() });
                }
                self.follows_task(*job, host, |state| {
                    !matches!(state, TaskState::Waiting | TaskState::Running | TaskState::Succeeded)
                })
            }
            Event::TaskSkipped { job, host } => self.follows_task(*job, host, |state| {
                !matches!(state, TaskState::Running | TaskState::Succeeded | TaskState::Skipped)
            }),
            Event::TaskCancelled { job, host } => self.follows_task(*job, host, |state| state == TaskState::Waiting),
            other => self.job_can_follow(other),
        }
    }

    fn job_can_follow(&self, event: &Event) -> Result<(), ApplyError> {
        match event {
            Event::JobSubmitted { job, .. } if self.jobs.contains_key(job) => {
                Err(ApplyError::DuplicateJob { job: *job })
            }
            Event::NamespaceConfigured { .. }
            | Event::JobSubmitted { .. }
            | Event::LateReported { .. }
            | Event::HostMarkedDown { .. }
            | Event::HostMarkedUp { .. } => Ok(()),
            Event::HostsFrozen { hosts, .. } if self.freezes.get(hosts).is_some() => {
                Err(ApplyError::WrongFreeze { hosts: hosts.clone() })
            }
            Event::HostsThawed { hosts, .. } if self.freezes.get(hosts).is_none() => {
                Err(ApplyError::WrongFreeze { hosts: hosts.clone() })
            }
            Event::HostsFrozen { .. } | Event::HostsThawed { .. } => Ok(()),
            Event::WaveOpened { job, wave, .. } => self.follows_job(*job, |job| {
                let stage = job.stages.wave(*wave);
                stage.is_some() && stage == job.gates.baking().map(|(stage, _)| stage)
            }),
            Event::JobBlocked { job, .. }
            | Event::JobWaiting { job }
            | Event::JobUnblocked { job }
            | Event::JobPaused { job } => self.follows_job(*job, |job| job.status.may_start()),
            Event::JobResumed { job } => self.follows_job(*job, |job| job.status.may_resume()),
            Event::JobHalted { job } => {
                self.follows_job(*job, |job| job.status == JobStatus::Halting && job.tally.running == 0)
            }
            Event::JobFinished { job, .. } => self.follows_job(*job, |job| {
                job.status != JobStatus::Finished && job.tally.running == 0 && job.tally.waiting == 0
            }),
            Event::JobAltered { job, change } => {
                self.follows_job(*job, |job| job.status != JobStatus::Finished && change.check().is_ok())
            }
            other => match other.job() {
                Some(job) => self.follows_job(job, |job| job.status != JobStatus::Finished),
                None => Ok(()),
            },
        }
    }

    fn follows_job(&self, id: JobId, fits: impl Fn(&Job) -> bool) -> Result<(), ApplyError> {
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

    fn follows_task(&self, id: JobId, host: &HostName, fits: impl Fn(TaskState) -> bool) -> Result<(), ApplyError> {
        let job = self.jobs.get(&id).ok_or(ApplyError::UnknownJob { job: id })?;
        let unknown = || ApplyError::UnknownHost { host: host.clone() };
        let state = job.task(job.task_of(self.host_id(host)?).ok_or_else(unknown)?).state;
        if fits(state) {
            Ok(())
        } else {
            Err(ApplyError::WrongTaskState {
                job: id,
                host: host.clone(),
                state,
            })
        }
    }

    fn follows_attempt(
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
