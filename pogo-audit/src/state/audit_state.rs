//! Everything that the records so far say.

use std::collections::{BTreeMap, BTreeSet};

use super::job::Job;
use super::namespace::Namespace;
use super::restores::Restores;
use crate::finding::{Breach, BrokenRule, broken};
use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{AttemptId, Event, JobId};

/// Everything that the records so far say.
#[derive(Default)]
pub(crate) struct AuditState {
    /// The only job whose records are known; fleet, policy and what was ordered for hosts are not.
    pub(crate) only_job: Option<JobId>,
    pub(crate) namespace: Namespace,
    pub(crate) jobs: BTreeMap<JobId, Job>,
    /// Jobs that have left the scheduler.
    pub(crate) retired: BTreeSet<JobId>,
    /// Hosts in doubt that they left behind.
    pub(crate) left_in_doubt: BTreeMap<(JobId, HostName), LeftInDoubt>,
    /// Attempts that have not ended.
    pub(crate) running: BTreeMap<AttemptId, (JobId, HostName)>,
    /// The number of the last attempt that was started, raised by restores.
    pub(crate) started: u64,
    /// How many were started.
    pub(crate) starts: u64,
    pub(crate) restores: Restores,
    /// The time of the last record.
    pub(crate) at: Timestamp,
}

/// A host that a job left in doubt when it retired.
pub(crate) struct LeftInDoubt {
    pub(crate) attempt: AttemptId,
    /// Its attempt may still run there.
    pub(crate) unfenced: bool,
    pub(crate) failed_before: bool,
}

impl AuditState {
    pub(crate) fn of_one_job(job: JobId) -> Self {
        Self {
            only_job: Some(job),
            ..Self::default()
        }
    }

    /// Whether an event says nothing of the only job whose records are known.
    pub(crate) fn skips(&self, event: &Event) -> bool {
        self.only_job.is_some() && event.job() != self.only_job
    }

    pub(crate) fn job(&mut self, id: JobId) -> Result<&mut Job, Breach> {
        self.job_in_namespace(id).map(|(job, _)| job)
    }

    /// A job together with the namespace, for changes that touch both.
    pub(crate) fn job_in_namespace(&mut self, id: JobId) -> Result<(&mut Job, &mut Namespace), Breach> {
        match self.jobs.get_mut(&id) {
            Some(job) => Ok((job, &mut self.namespace)),
            None if self.retired.contains(&id) => {
                broken(BrokenRule::Log, format!("{id} has retired, and does nothing more"))
            }
            None => broken(BrokenRule::Log, format!("{id} was never submitted")),
        }
    }
}
