//! Which unfinished jobs have a host among theirs.

use std::collections::BTreeSet;

use super::{Job, JobStatus, State};
use crate::fleet::HostId;
use crate::scheduler::JobId;
use crate::scheduler::job_map::FastMap;

/// The unfinished jobs of each host.
///
/// A job on much of the fleet is asked each time: such jobs are few, and an entry for each of their hosts would be many.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct JobsByHost {
    wide: BTreeSet<JobId>,
    narrow: FastMap<HostId, Narrow>,
    /// Those that run without regard to limits.
    unbound: BTreeSet<JobId>,
}

/// The small jobs of one host, in order. Most hosts have one, and need no list.
#[derive(Debug, Clone, PartialEq)]
struct Narrow {
    first: JobId,
    others: Vec<JobId>,
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
            job.hosts().for_each(|host| self.add_narrow(host, job.id));
        }
    }

    pub(super) fn remove(&mut self, job: &Job) {
        self.unbound.remove(&job.id);
        if !self.wide.remove(&job.id) {
            job.hosts().for_each(|host| self.remove_narrow(host, job.id));
        }
    }

    fn add_narrow(&mut self, host: HostId, job: JobId) {
        let fresh = Narrow {
            first: job,
            others: vec![],
        };
        let jobs = self.narrow.entry(host).or_insert(fresh);
        if jobs.first == job {
            return;
        }
        let later = job.max(jobs.first);
        jobs.first = job.min(jobs.first);
        if let Err(at) = jobs.others.binary_search(&later) {
            jobs.others.insert(at, later);
        }
    }

    fn remove_narrow(&mut self, host: HostId, job: JobId) {
        let Some(jobs) = self.narrow.get_mut(&host) else { return };
        if jobs.first != job {
            jobs.others.retain(|&other| other != job);
        } else if jobs.others.is_empty() {
            self.narrow.remove(&host);
        } else {
            jobs.first = jobs.others.remove(0);
        }
    }

    /// Jobs that may have this host: all that do are among them.
    fn candidates(&self, host: HostId) -> impl Iterator<Item = JobId> {
        let narrow = self.narrow.get(&host).into_iter();
        let narrow = narrow.flat_map(|jobs| std::iter::once(jobs.first).chain(jobs.others.iter().copied()));
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

    /// Takes note that a job has come, or has another status than `before`: whether it is finished decides whether it is looked at.
    pub(super) fn index_job(&mut self, id: JobId, before: Option<JobStatus>) {
        let Some(job) = self.jobs.get(&id) else { return };
        let was_active = before.is_some_and(|before| before != JobStatus::Finished);
        match (was_active, job.status != JobStatus::Finished) {
            (false, true) => {
                self.active.insert(id);
                self.by_host.add(job);
            }
            (true, false) => {
                self.active.remove(&id);
                self.by_host.remove(job);
            }
            _ => {}
        }
    }

    /// Finds all of it anew, for jobs that came about without events.
    pub(in crate::scheduler) fn index_jobs(&mut self) {
        self.by_host = JobsByHost::of(self.active.iter().filter_map(|job| self.jobs.get(job)));
    }
}
