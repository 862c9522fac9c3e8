//! Everything that the records so far say.

use std::collections::{BTreeMap, BTreeSet};

use super::fences::LeftInDoubt;
use super::finding::{Breach, BrokenRule, broken};
use super::job::Job;
use super::namespace::Namespace;
use super::restores::Restores;
use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{AttemptId, JobId};

#[derive(Default)]
pub(super) struct AuditState {
    pub(super) namespace: Namespace,
    pub(super) jobs: BTreeMap<JobId, Job>,
    /// Jobs that have left the scheduler.
    pub(super) retired: BTreeSet<JobId>,
    /// Hosts in doubt that they left behind.
    pub(super) left_in_doubt: BTreeMap<(JobId, HostName), LeftInDoubt>,
    /// Attempts that have not ended.
    pub(super) running: BTreeMap<AttemptId, (JobId, HostName)>,
    /// The number of the last attempt that was started, raised by restores.
    pub(super) started: u64,
    /// How many were started.
    pub(super) starts: u64,
    pub(super) restores: Restores,
    /// The time of the last record.
    pub(super) at: Timestamp,
}

impl AuditState {
    pub(super) fn job(&mut self, id: JobId) -> Result<&mut Job, Breach> {
        self.job_in_namespace(id).map(|(job, _)| job)
    }

    /// A job together with the namespace, for changes that touch both.
    pub(super) fn job_in_namespace(&mut self, id: JobId) -> Result<(&mut Job, &mut Namespace), Breach> {
        match self.jobs.get_mut(&id) {
            Some(job) => Ok((job, &mut self.namespace)),
            None if self.retired.contains(&id) => {
                broken(BrokenRule::Log, format!("{id} has retired, and does nothing more"))
            }
            None => broken(BrokenRule::Log, format!("{id} was never submitted")),
        }
    }
}
