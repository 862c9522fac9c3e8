//! Which unfinished jobs have a host among theirs.

use std::collections::BTreeSet;

use super::{Job, State};
use crate::fleet::HostId;
use crate::scheduler::JobId;

/// The unfinished jobs of each host.
///
/// A job on much of the fleet is asked each time: such jobs are few, and an entry for each of their hosts would be many.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct JobsByHost {
    wide: BTreeSet<JobId>,
    narrow: BTreeSet<(HostId, JobId)>,
    /// Those that run without regard to limits.
    unbound: BTreeSet<JobId>,
}

impl JobsByHost {
    pub(super) fn of<'a>(jobs: impl Iterator<Item = &'a Job>) -> Self {
        let mut by_host = Self::default();
        jobs.for_each(|job| by_host.add(job));
        by_host
    }

    pub(super) fn add(&mut self, job: &Job) {
        if job.is_unbound() {
            self.unbound.insert(job.id);
        }
        if job.task_index.is_dense() {
            self.wide.insert(job.id);
        } else {
            self.narrow.extend(job.hosts().map(|host| (host, job.id)));
        }
    }

    pub(super) fn remove(&mut self, job: &Job) {
        self.unbound.remove(&job.id);
        if !self.wide.remove(&job.id) {
            for host in job.hosts() {
                self.narrow.remove(&(host, job.id));
            }
        }
    }

    /// Jobs that may have this host: all that do are among them.
    fn candidates(&self, host: HostId) -> impl Iterator<Item = JobId> {
        let all = (host, JobId::new(0))..=(host, JobId::new(u32::MAX));
        let narrow = self.narrow.range(all).map(|&(_, job)| job);
        self.wide.iter().copied().chain(narrow)
    }

    pub(crate) fn unbound(&self) -> impl Iterator<Item = JobId> {
        self.unbound.iter().copied()
    }
}

impl State {
    /// The unfinished jobs that have this host, and which task of each it is.
    pub(crate) fn jobs_on(&self, host: HostId) -> impl Iterator<Item = (&Job, u32)> {
        let jobs = self.by_host.candidates(host).filter_map(|job| self.jobs.get(&job));
        jobs.filter_map(move |job| Some((job, job.task_of(host)?)))
    }

    /// Says whether a job is finished, which decides whether it is looked at at all.
    pub(super) fn set_active(&mut self, id: JobId, active: bool) {
        let Some(job) = self.jobs.get(&id) else { return };
        if active && self.active.insert(id) {
            self.by_host.add(job);
        } else if !active && self.active.remove(&id) {
            self.by_host.remove(job);
        }
    }

    /// Finds all of it anew, for jobs that came about without events.
    pub(in crate::scheduler) fn index_jobs(&mut self) {
        self.by_host = JobsByHost::of(self.active.iter().filter_map(|job| self.jobs.get(job)));
    }
}
