//! Every refusal happens here, before any change.

use std::sync::Arc;

use super::check_hold::{EndedHolds, NewHolds};
use super::rehearsal;
use super::state::{Compiled, JobChange, State, TaskAt, TaskChange};
use super::{
    AttemptId, Epoch, Input, InputError, JobId, JobStatus, JobUpdate, OrderKind, Outcome, OutputSummary, OwnerId, Phase,
};
use crate::Timestamp;
use crate::fleet::{HostId, HostName, Selector};
use crate::plan::{JobSpec, PlanError, check_settings};

/// A valid input, with everything that was found out while checking it.
pub(super) enum Checked {
    Configure {
        input: Input,
        next: Box<State>,
    },
    Submit {
        job: JobId,
        spec: Arc<JobSpec>,
        compiled: Compiled,
        /// The job that has retired whose hosts it tries again.
        retry_of: Option<JobId>,
    },
    Begin {
        attempt: AttemptId,
        host_lock: bool,
    },
    PhaseEntered {
        attempt: AttemptId,
        phase: Phase,
    },
    Reported {
        attempt: AttemptId,
        outcome: Outcome,
        output: Option<OutputSummary>,
    },
    Late {
        attempt: AttemptId,
        outcome: Outcome,
    },
    Nothing,
    OwnerChanged {
        owner: OwnerId,
        epoch: Epoch,
        from: Option<OwnerId>,
    },
    Recover {
        resumed: Vec<AttemptId>,
    },
    Drain {
        cancel: Vec<AttemptId>,
    },
    Pause {
        job: JobId,
    },
    Resume {
        job: JobId,
    },
    Halt {
        job: JobId,
        reason: String,
    },
    Abort {
        job: JobId,
        reason: String,
    },
    Promote {
        job: JobId,
        wave: u32,
    },
    Freeze {
        hosts: Selector,
        by: String,
        reason: String,
    },
    Thaw {
        hosts: Selector,
        by: String,
        reason: String,
    },
    Retry {
        tasks: Vec<TaskAt>,
    },
    Skip {
        tasks: Vec<TaskAt>,
    },
    /// Of a job that has retired.
    SkipRetired {
        job: JobId,
        hosts: Vec<HostName>,
    },
    Alter {
        job: JobId,
        change: JobUpdate,
    },
    Mark {
        host: HostName,
        down: bool,
        reason: String,
    },
    Hold(NewHolds),
    Release(EndedHolds),
}

impl State {
    /// Refuses an input that is invalid in this state.
    pub(super) fn check(&self, now: Timestamp, input: Input) -> Result<Checked, InputError> {
        Ok(match input {
            Input::Configure { ref fleet, ref policy } => {
                let next = Box::new(self.configured(now, fleet, policy)?);
                Checked::Configure { input, next }
            }
            Input::Submit { job, spec } => self.check_submission(job, spec, None)?,
            // Said to the machine, not to the state.
            Input::Transport { .. } => Checked::Nothing,
            Input::Begin { attempt, host_lock } => self.check_begin(attempt, host_lock)?,
            Input::PhaseEntered { attempt, phase } => self.check_phase(attempt, phase)?,
            Input::Reported {
                attempt,
                outcome,
                output,
            } => self.check_report(attempt, outcome, output)?,
            Input::Tick => Checked::Nothing,
            Input::OwnerChanged { owner, epoch, from } => Checked::OwnerChanged { owner, epoch, from },
            Input::Recover { resumed } => self.check_recovery(resumed)?,
            Input::Drain { cancel } => self.check_drain(cancel)?,
            Input::Pause { job } => {
                self.check_status(job, OrderKind::Pause, JobChange::Pause)?;
                Checked::Pause { job }
            }
            Input::Resume { job } => {
                self.check_status(job, OrderKind::Resume, JobChange::Resume)?;
                Checked::Resume { job }
            }
            Input::Halt { job, reason } => {
                self.check_status(job, OrderKind::Halt, JobChange::Halt)?;
                Checked::Halt { job, reason }
            }
            Input::Abort { job, reason } => {
                self.check_status(job, OrderKind::Abort, JobChange::Abort)?;
                Checked::Abort { job, reason }
            }
            Input::Promote { job } => self.check_promotion(job)?,
            Input::Freeze { hosts, by, reason } => self.check_freeze(hosts, by, reason)?,
            Input::Thaw { hosts, by, reason } => self.check_thaw(hosts, by, reason)?,
            Input::Retry { job, hosts } => self.check_retry(job, hosts)?,
            Input::Skip { job, hosts } => self.check_skip(job, hosts)?,
            Input::Alter { job, change } => self.check_update(job, change)?,
            order @ (Input::Hold { .. } | Input::Release { .. }) => self.check_holds(order)?,
            Input::MarkDown { host, reason } => self.check_mark(host, true, reason)?,
            Input::MarkUp { host, reason } => self.check_mark(host, false, reason)?,
        })
    }

    fn check_recovery(&self, resumed: Vec<AttemptId>) -> Result<Checked, InputError> {
        match resumed.iter().find(|&&attempt| self.attempts.get(attempt).is_none()) {
            Some(&attempt) => Err(InputError::UnknownAttempt { attempt }),
            None => Ok(Checked::Recover { resumed }),
        }
    }

    fn check_drain(&self, cancel: Vec<AttemptId>) -> Result<Checked, InputError> {
        match cancel.iter().find(|&&attempt| !self.attempts.was_issued(attempt)) {
            Some(&attempt) => Err(InputError::UnknownAttempt { attempt }),
            None => Ok(Checked::Drain { cancel }),
        }
    }

    fn check_freeze(&self, hosts: Selector, by: String, reason: String) -> Result<Checked, InputError> {
        self.fleet.resolve(&hosts).map_err(InputError::Hosts)?;
        match self.freezes.get(&hosts) {
            Some(freeze) => Err(InputError::AlreadyFrozen {
                freeze: Box::new(freeze.clone()),
            }),
            None => Ok(Checked::Freeze { hosts, by, reason }),
        }
    }

    fn check_thaw(&self, hosts: Selector, by: String, reason: String) -> Result<Checked, InputError> {
        if self.freezes.get(&hosts).is_none() {
            let frozen = self.freezes.iter().map(|freeze| freeze.hosts.clone()).collect();
            return Err(InputError::NotFrozen { hosts, frozen });
        }
        Ok(Checked::Thaw { hosts, by, reason })
    }

    fn check_retry(&self, job: JobId, hosts: Vec<HostName>) -> Result<Checked, InputError> {
        if self.has_retired(job) {
            return self.check_retry_of(job, hosts);
        }
        let tasks = self.check_tasks(job, &hosts, OrderKind::Retry, TaskChange::Retry)?;
        self.check_fits(job)?;
        Ok(Checked::Retry { tasks })
    }

    fn check_skip(&self, job: JobId, hosts: Vec<HostName>) -> Result<Checked, InputError> {
        if self.has_retired(job) {
            let (_, hosts) = self.check_remnant(job, hosts)?;
            return Ok(Checked::SkipRetired { job, hosts });
        }
        let tasks = self.check_tasks(job, &hosts, OrderKind::Skip, TaskChange::Skip)?;
        Ok(Checked::Skip { tasks })
    }

    fn check_update(&self, id: JobId, change: JobUpdate) -> Result<Checked, InputError> {
        self.check_status(id, OrderKind::Alter, JobChange::Alter)?;
        let job = self.jobs.get(&id).ok_or_else(|| self.no_job(id))?;
        change.check(&job.spec)?;
        let change = change.resolved(&job.spec, &self.policy.defaults);
        check_settings(change.settings())?;
        Ok(Checked::Alter { job: id, change })
    }

    fn check_promotion(&self, job: JobId) -> Result<Checked, InputError> {
        self.check_status(job, OrderKind::Promote, JobChange::Promote)?;
        let waiting = self.jobs.get(&job).and_then(|job| {
            let (stage, _) = job.gates.baking()?;
            job.stages.stage(stage).wave
        });
        match waiting {
            Some(wave) => Ok(Checked::Promote { job, wave }),
            None => Err(InputError::NoWaveWaits { job }),
        }
    }

    /// A finished job may be older than the policy; it is not begun again if its hosts could never start.
    fn check_fits(&self, job: JobId) -> Result<(), InputError> {
        if let Some(job) = self.jobs.get(&job)
            && job.status == JobStatus::Finished
        {
            let names = Arc::clone(&job.names);
            self.compile(&job.spec, job.hosts().collect(), names)?;
        }
        Ok(())
    }

    pub(super) fn check_submission(
        &self,
        job: JobId,
        spec: Arc<JobSpec>,
        retry_of: Option<JobId>,
    ) -> Result<Checked, InputError> {
        if self.is_used(job) {
            return Err(InputError::DuplicateJob { job });
        }
        spec.check()?;
        spec.check_new()?;
        let mut hosts = self.fleet.resolve(&spec.targets).map_err(PlanError::Targets)?;
        hosts.retain(|&host| !self.hosts.is_removed(host));
        if hosts.is_empty() {
            return Err(PlanError::NoTargets {
                targets: spec.targets.to_string(),
            }
            .into());
        }
        let mut spec = spec.resolved(&self.policy.defaults, hosts.len())?;
        for expectation in &spec.expected {
            self.fleet.resolve(&expectation.hosts).map_err(PlanError::Targets)?;
        }
        let names: Vec<HostName> = hosts.iter().map(|&host| self.fleet.name(host).clone()).collect();
        let compiled = self.compile(&spec, hosts, names.into())?;
        spec.order = rehearsal::order_of(self, &spec, &compiled);
        let spec = Arc::new(spec);
        Ok(Checked::Submit {
            job,
            spec,
            compiled,
            retry_of,
        })
    }

    fn check_phase(&self, attempt: AttemptId, phase: Phase) -> Result<Checked, InputError> {
        match self.attempts.get(attempt) {
            // Only ever forwards: a phase that comes late or twice is no news.
            Some(running) if phase > running.phase && phase != Phase::Settle => {
                Ok(Checked::PhaseEntered { attempt, phase })
            }
            Some(_) => Ok(Checked::Nothing),
            None if self.attempts.was_issued(attempt) => Ok(Checked::Nothing),
            None => Err(InputError::UnknownAttempt { attempt }),
        }
    }

    fn check_report(
        &self,
        attempt: AttemptId,
        outcome: Outcome,
        output: Option<OutputSummary>,
    ) -> Result<Checked, InputError> {
        match self.attempts.get(attempt) {
            Some(running) if running.phase != Phase::Settle => Ok(Checked::Reported {
                attempt,
                outcome,
                output,
            }),
            Some(_) => Ok(Checked::Late { attempt, outcome }),
            None if self.attempts.was_issued(attempt) => Ok(Checked::Late { attempt, outcome }),
            None => Err(InputError::UnknownAttempt { attempt }),
        }
    }

    fn check_status(&self, job: JobId, order: OrderKind, change: JobChange) -> Result<(), InputError> {
        let status = self.jobs.get(&job).ok_or_else(|| self.no_job(job))?.status;
        if status.allows(change) {
            Ok(())
        } else {
            Err(InputError::WrongJobStatus { job, status, order })
        }
    }

    fn check_tasks(
        &self,
        id: JobId,
        hosts: &[HostName],
        order: OrderKind,
        change: TaskChange,
    ) -> Result<Vec<TaskAt>, InputError> {
        let job = self.jobs.get(&id).ok_or_else(|| self.no_job(id))?;
        let mut tasks = Vec::with_capacity(hosts.len());
        for host in hosts {
            let known = self.check_host(host)?;
            let task = job.task_of(known).ok_or_else(|| InputError::NotInJob {
                job: id,
                host: host.clone(),
            })?;
            let state = job.task(task).state;
            let gone = change == TaskChange::Retry && self.hosts.is_removed(known);
            if gone || !state.allows(change) {
                return Err(InputError::WrongTaskState {
                    job: id,
                    host: host.clone(),
                    state,
                    order,
                });
            }
            tasks.push((id, task));
        }
        tasks.sort_unstable();
        tasks.dedup();
        Ok(tasks)
    }

    pub(super) fn check_host(&self, host: &HostName) -> Result<HostId, InputError> {
        self.fleet
            .id(host.as_str())
            .ok_or_else(|| InputError::UnknownHost { host: host.clone() })
    }
}
