//! The refusals of orders.

use std::sync::Arc;

use super::{CheckedOrder, NewHolds};
use crate::Timestamp;
use crate::fleet::{HostId, HostName, Selector};
use crate::plan::{JobSpec, PlanError, check_settings};
use crate::scheduler::agenda::rehearsed_order;
use crate::scheduler::state::{JobChange, State, TaskAt, TaskChange};
use crate::scheduler::{Actor, InputError, JobId, JobStatus, JobUpdate, Order, OrderKind};

impl State {
    /// Refuses an order that is invalid in this state.
    pub(in crate::scheduler) fn check_order(
        &self,
        now: Timestamp,
        order: Order,
        (reason, actor): (&str, Option<&Actor>),
    ) -> Result<CheckedOrder, InputError> {
        Ok(match order {
            Order::Configure { fleet, policy } => {
                // The whole state under the new rules, made here because only that shows whether
                // they fit: deciding takes it as it is.
                let next = Box::new(self.configured(now, &fleet, &policy)?);
                CheckedOrder::Configure { fleet, policy, next }
            }
            Order::Submit { job, spec } => self.check_submission(job, spec, None)?,
            Order::Pause { job } => {
                self.check_status(job, OrderKind::Pause, JobChange::Pause)?;
                CheckedOrder::Pause { job }
            }
            Order::Resume { job } => {
                self.check_status(job, OrderKind::Resume, JobChange::Resume)?;
                CheckedOrder::Resume { job }
            }
            Order::Halt { job } => {
                self.check_status(job, OrderKind::Halt, JobChange::Halt)?;
                CheckedOrder::Halt { job }
            }
            Order::Abort { job } => {
                self.check_status(job, OrderKind::Abort, JobChange::Abort)?;
                CheckedOrder::Abort { job }
            }
            Order::Promote { job } => self.check_promotion(job)?,
            Order::Note { job } => self.check_note(job, reason)?,
            Order::Freeze { hosts } => self.check_freeze(hosts)?,
            Order::Thaw { hosts } => self.check_thaw(hosts)?,
            // As when hosts that were asked for the state of their attempts need no order any more.
            Order::Retry { job, hosts, .. } | Order::Skip { job, hosts, .. }
                if hosts.is_empty() && self.has_retired(job) =>
            {
                CheckedOrder::Nothing
            }
            Order::Retry { job, hosts, .. } => self.check_retry(job, hosts)?,
            Order::Skip { job, hosts, .. } => self.check_skip(job, hosts)?,
            Order::Alter { job, change } => {
                self.check_status(job, OrderKind::Alter, JobChange::Alter)?;
                self.check_update(job, change)?
            }
            Order::Hold {
                hosts,
                owner,
                priority,
                mode,
            } => {
                let holds = NewHolds {
                    hosts,
                    owner,
                    reason: reason.to_owned(),
                    priority,
                    mode,
                };
                self.check_hold(holds, actor)?
            }
            Order::Release { hosts, by, force } => self.check_release(&hosts, by, (reason, actor), force)?,
            Order::MarkDown { host } => self.check_mark(host, true)?,
            Order::MarkUp { host, .. } => self.check_mark(host, false)?,
        })
    }

    fn check_freeze(&self, hosts: Selector) -> Result<CheckedOrder, InputError> {
        // A slip in the name of a group would be a freeze of nobody, found out when it was needed.
        self.fleet.resolve(&hosts).map_err(InputError::Hosts)?;
        match self.freezes.get(&hosts) {
            Some(freeze) => Err(InputError::AlreadyFrozen {
                freeze: Box::new(freeze.clone()),
            }),
            None => Ok(CheckedOrder::Freeze { hosts }),
        }
    }

    fn check_thaw(&self, hosts: Selector) -> Result<CheckedOrder, InputError> {
        if self.freezes.get(&hosts).is_none() {
            let frozen = self.freezes.iter().map(|freeze| freeze.hosts.clone()).collect();
            return Err(InputError::NotFrozen { hosts, frozen });
        }
        Ok(CheckedOrder::Thaw { hosts })
    }

    /// Of a job that has retired only some hosts are left, and a new job tries these.
    fn check_retry(&self, job: JobId, hosts: Vec<HostName>) -> Result<CheckedOrder, InputError> {
        if self.has_retired(job) {
            return self.check_retry_of(job, hosts);
        }
        let tasks = self.check_tasks(job, &hosts, OrderKind::Retry, TaskChange::Retry)?;
        self.check_fits(job)?;
        Ok(CheckedOrder::Retry { tasks })
    }

    fn check_skip(&self, job: JobId, hosts: Vec<HostName>) -> Result<CheckedOrder, InputError> {
        if self.has_retired(job) {
            let (_, hosts) = self.check_remnant(job, hosts)?;
            return Ok(CheckedOrder::SkipRetired { job, hosts });
        }
        let tasks = self.check_tasks(job, &hosts, OrderKind::Skip, TaskChange::Skip)?;
        Ok(CheckedOrder::Skip { tasks })
    }

    fn check_update(&self, id: JobId, change: JobUpdate) -> Result<CheckedOrder, InputError> {
        let job = self.jobs.get(&id).ok_or_else(|| self.no_job(id))?;
        change.check(&job.spec)?;
        let change = change.resolved(&job.spec, &self.policy.defaults);
        check_settings(change.settings())?;
        Ok(CheckedOrder::Alter { job: id, change })
    }

    /// Nothing but the record of the order follows from it.
    fn check_note(&self, job: JobId, text: &str) -> Result<CheckedOrder, InputError> {
        if !self.jobs.contains_key(&job) && !self.has_retired(job) {
            return Err(InputError::UnknownJob { job });
        }
        match text.trim().is_empty() {
            true => Err(InputError::EmptyNote),
            false => Ok(CheckedOrder::Note),
        }
    }

    fn check_promotion(&self, job: JobId) -> Result<CheckedOrder, InputError> {
        self.check_status(job, OrderKind::Promote, JobChange::Promote)?;
        let waiting = self.jobs.get(&job).and_then(|job| {
            let (stage, _) = job.gates.baking()?;
            job.stages.stage(stage).wave
        });
        match waiting {
            Some(wave) => Ok(CheckedOrder::Promote { job, wave }),
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

    pub(in crate::scheduler) fn check_submission(
        &self,
        job: Option<JobId>,
        spec: Arc<JobSpec>,
        retry_of: Option<JobId>,
    ) -> Result<CheckedOrder, InputError> {
        let job = job.unwrap_or_else(|| self.next_job());
        if !self.is_new_job(job) {
            return Err(InputError::DuplicateJob { job });
        }
        spec.check()?;
        spec.check_new()?;
        let mut hosts = self.fleet.resolve(&spec.targets).map_err(PlanError::Targets)?;
        // The fleet in force has hosts that have left, for as long as jobs have them.
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
        // Everything that could refuse the job is behind this line; after it there is only its
        // order.
        let compiled = self.compile(&spec, hosts, names.into())?;
        // Here, so that the order is stored with the job, as every default is: a replay rehearses nothing, and
        // old records keep their meaning.
        spec.order = rehearsed_order(self, &spec, &compiled);
        let spec = Arc::new(spec);
        Ok(CheckedOrder::Submit {
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
            // It may be skipped, which gives its slots back, but never started.
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

    pub(in crate::scheduler) fn check_host(&self, host: &HostName) -> Result<HostId, InputError> {
        self.fleet
            .id(host.as_str())
            .ok_or_else(|| InputError::UnknownHost { host: host.clone() })
    }
}
