//! The refusals of orders.

use std::sync::Arc;

use super::check::Checked;
use super::rehearsal;
use super::state::{JobChange, State, TaskAt, TaskChange};
use super::{InputError, JobId, JobStatus, JobUpdate, Order, OrderKind};
use crate::Timestamp;
use crate::fleet::{HostId, HostName};
use crate::plan::{JobSpec, PlanError, check_settings};

impl State {
    /// Refuses an order that is invalid in this state.
    pub(super) fn check_order(&self, now: Timestamp, order: Order, reason: &str) -> Result<Checked, InputError> {
        Ok(match order {
            Order::Configure { fleet, policy } => {
                let next = Box::new(self.configured(now, &fleet, &policy)?);
                Checked::Configure { fleet, policy, next }
            }
            Order::Submit { job, spec } => self.check_submission(job, spec, None)?,
            Order::Pause { job } => {
                self.check_status(job, OrderKind::Pause, JobChange::Pause)?;
                Checked::Pause { job }
            }
            Order::Resume { job } => {
                self.check_status(job, OrderKind::Resume, JobChange::Resume)?;
                Checked::Resume { job }
            }
            Order::Halt { job } => {
                self.check_status(job, OrderKind::Halt, JobChange::Halt)?;
                Checked::Halt { job }
            }
            Order::Abort { job } => {
                self.check_status(job, OrderKind::Abort, JobChange::Abort)?;
                Checked::Abort { job }
            }
            Order::Promote { job } => self.check_promotion(job)?,
            Order::Freeze { hosts } => {
                self.fleet.resolve(&hosts).map_err(InputError::Hosts)?;
                if let Some(freeze) = self.freezes.get(&hosts) {
                    return Err(InputError::AlreadyFrozen {
                        freeze: Box::new(freeze.clone()),
                    });
                }
                Checked::Freeze { hosts }
            }
            Order::Thaw { hosts } => {
                if self.freezes.get(&hosts).is_none() {
                    let frozen = self.freezes.iter().map(|freeze| freeze.hosts.clone()).collect();
                    return Err(InputError::NotFrozen { hosts, frozen });
                }
                Checked::Thaw { hosts }
            }
            // As when hosts that were asked what became of their attempts need no order any more.
            Order::Retry { job, hosts, .. } | Order::Skip { job, hosts, .. }
                if hosts.is_empty() && self.has_retired(job) =>
            {
                Checked::Nothing
            }
            Order::Retry { job, hosts, .. } if self.has_retired(job) => self.check_retry_of(job, hosts)?,
            Order::Retry { job, hosts, .. } => {
                let tasks = self.check_tasks(job, &hosts, OrderKind::Retry, TaskChange::Retry)?;
                self.check_fits(job)?;
                Checked::Retry { tasks }
            }
            Order::Skip { job, hosts, .. } if self.has_retired(job) => {
                let (_, hosts) = self.check_remnant(job, hosts)?;
                Checked::SkipRetired { job, hosts }
            }
            Order::Skip { job, hosts, .. } => Checked::Skip {
                tasks: self.check_tasks(job, &hosts, OrderKind::Skip, TaskChange::Skip)?,
            },
            Order::Alter { job, change } => {
                self.check_status(job, OrderKind::Alter, JobChange::Alter)?;
                self.check_update(job, change)?
            }
            order @ (Order::Hold { .. } | Order::Release { .. }) => self.check_holds(order, reason)?,
            Order::MarkDown { host } => self.check_mark(host, true)?,
            Order::MarkUp { host, .. } => self.check_mark(host, false)?,
        })
    }

    fn check_update(&self, id: JobId, change: JobUpdate) -> Result<Checked, InputError> {
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
        job: Option<JobId>,
        spec: Arc<JobSpec>,
        retry_of: Option<JobId>,
    ) -> Result<Checked, InputError> {
        let job = job.unwrap_or_else(|| self.next_job());
        if !self.is_new_job(job) {
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
