//! Attempts in doubt that were permitted to begin: what their hosts have said of them.

use std::collections::BTreeMap;

use super::FailedAttempt;
use crate::fleet::HostName;
use crate::scheduler::{AttemptId, DoubtView, FenceState, JobId};

/// Such attempts: one at most for each host of a job, as long as its task is in doubt, also when the job has retired.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Doubts {
    by_host: BTreeMap<DoubtAt, Doubt>,
    hosts: BTreeMap<AttemptId, DoubtAt>,
}

/// A host and its job. By name, so that it outlives the job and each change of the fleet.
pub(crate) type DoubtAt = (HostName, JobId);

/// An attempt in doubt that was permitted to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Doubt {
    pub(crate) attempt: AttemptId,
    /// A lock of the host keeps others from running there while it runs.
    pub(crate) host_lock: bool,
    pub(crate) fence: FenceState,
    /// How an earlier attempt of the task had left the host, if not well.
    pub(crate) before: Option<FailedAttempt>,
}

impl Doubts {
    pub(crate) fn of(&self, job: JobId, host: &HostName) -> Option<&Doubt> {
        // Asked often, and mostly there are none: then no name is cloned for the key.
        match self.by_host.is_empty() {
            true => None,
            false => self.by_host.get(&(host.clone(), job)),
        }
    }

    /// Those of one host, by job.
    pub(crate) fn on(&self, host: &HostName) -> impl Iterator<Item = (&DoubtAt, &Doubt)> + use<'_> {
        let (first, last) = (JobId::new(0), JobId::new(u64::MAX));
        self.by_host.range((host.clone(), first)..=(host.clone(), last))
    }

    pub(crate) fn of_attempt(&self, attempt: AttemptId) -> Option<&DoubtAt> {
        self.hosts.get(&attempt)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&DoubtAt, &Doubt)> {
        self.by_host.iter()
    }

    pub(in crate::scheduler) fn insert(&mut self, at: DoubtAt, doubt: Doubt) {
        // One for each host of a job: the number of the one before must not lead to this one.
        self.forget(&at);
        self.hosts.insert(doubt.attempt, at.clone());
        self.by_host.insert(at, doubt);
    }

    /// It is no longer in doubt.
    pub(super) fn forget(&mut self, at: &DoubtAt) {
        if let Some(doubt) = self.by_host.remove(at) {
            self.hosts.remove(&doubt.attempt);
        }
    }

    /// Forgets those that are not kept.
    pub(super) fn retain(&mut self, keeps: impl Fn(&DoubtAt) -> bool) {
        self.by_host.retain(|at, _| keeps(at));
        self.hosts.retain(|_, at| keeps(at));
    }

    pub(super) fn set(&mut self, at: &DoubtAt, fence: FenceState) {
        if let Some(doubt) = self.by_host.get_mut(at) {
            doubt.fence = fence;
        }
    }
}

impl Doubt {
    pub(crate) fn view(&self, (host, job): &DoubtAt) -> DoubtView {
        DoubtView {
            attempt: self.attempt,
            job: *job,
            host: host.clone(),
            host_lock: self.host_lock,
            fence: self.fence,
        }
    }
}
