//! What is left of jobs that have retired: the hosts that they left failed or in doubt, and what retrying those needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::fleet::HostName;
use crate::plan::JobSpec;
use crate::policy::JobSettings;
use crate::scheduler::{Failure, JobId};

/// A job that has retired while hosts hold slots because of it. It is gone when none does any more.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Remnant {
    pub(crate) spec: Arc<JobSpec>,
    /// The settings that the job had, every update included.
    pub(crate) given: Arc<JobSettings>,
    /// The hosts, and how the last attempt of each failed; unknown for those in doubt.
    pub(crate) hosts: BTreeMap<HostName, Option<Failure>>,
}

/// Jobs that have retired.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Retired {
    /// Those of which something is left.
    pub(crate) remnants: BTreeMap<JobId, Remnant>,
    /// The highest number among all of them; no new job gets one up to this.
    pub(crate) highest: Option<JobId>,
}

/// Jobs that left a host failed or in doubt. Few hosts have more than one.
pub(in crate::scheduler) type Blamed = SmallVec<[JobId; 2]>;

impl Retired {
    /// Whether a job of this number may have retired.
    pub(crate) fn covers(&self, job: JobId) -> bool {
        Some(job) <= self.highest
    }

    /// Whether this host holds slots because of a job that has retired.
    pub(crate) fn holds(&self, job: JobId, host: &HostName) -> bool {
        let remnant = self.remnants.get(&job);
        remnant.is_some_and(|remnant| remnant.hosts.contains_key(host))
    }

    /// How the last attempt of a host failed is known now.
    pub(super) fn set_failure(&mut self, job: JobId, host: &HostName, failure: Failure) {
        let remnant = self.remnants.get_mut(&job);
        if let Some(known) = remnant.and_then(|remnant| remnant.hosts.get_mut(host)) {
            *known = Some(failure);
        }
    }

    /// A host is no longer failed or in doubt because of a job.
    pub(super) fn release(&mut self, job: JobId, host: &HostName) {
        if let Some(remnant) = self.remnants.get_mut(&job) {
            remnant.hosts.remove(host);
            if remnant.hosts.is_empty() {
                self.remnants.remove(&job);
            }
        }
    }
}
