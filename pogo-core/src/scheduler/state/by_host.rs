//! An index of unfinished jobs by host.

use std::collections::BTreeSet;

use super::Job;
use crate::fleet::HostId;
use crate::scheduler::collections::FastMap;
use crate::scheduler::ids::JobIndex;

/// The unfinished jobs of each host.
///
/// A job on much of the fleet is asked each time: such jobs are few, and an entry for each of their hosts would be
/// many.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct JobsByHost {
    wide: BTreeSet<JobIndex>,
    /// The small job of each host that has one.
    narrow: JobOfHost,
    /// The small jobs of each host that has several, in order. Few hosts do, so that a report need not look at
    /// `narrow`.
    shared: FastMap<HostId, Vec<JobIndex>>,
    /// Those that run without regard to limits.
    unbound: BTreeSet<JobIndex>,
}

/// A job for some of the hosts. The hosts of a small job are often close to each other, so eight that follow each other
/// have one entry.
#[derive(Debug, Clone, Default, PartialEq)]
struct JobOfHost(FastMap<u32, [Option<JobIndex>; 8]>);

impl JobOfHost {
    fn get(&self, host: HostId) -> Option<JobIndex> {
        let (entry, at) = Self::position(host);
        self.0.get(&entry)?[at]
    }

    /// Gives back the job that was there.
    fn insert(&mut self, host: HostId, job: JobIndex) -> Option<JobIndex> {
        let (entry, at) = Self::position(host);
        self.0.entry(entry).or_default()[at].replace(job)
    }

    fn remove(&mut self, host: HostId) {
        let (entry, at) = Self::position(host);
        if let Some(jobs) = self.0.get_mut(&entry) {
            jobs[at] = None;
            if jobs.iter().all(Option::is_none) {
                self.0.remove(&entry);
            }
        }
    }

    fn position(host: HostId) -> (u32, usize) {
        // Eight numbers of four bytes are half a line of a cache, which jobs of neighbouring hosts
        // share.
        (host.number() / 8, host.index() % 8)
    }
}

impl JobsByHost {
    pub(super) fn of<'a>(jobs: impl Iterator<Item = &'a Job>) -> Self {
        let mut by_host = Self::default();
        jobs.for_each(|job| by_host.add(job));
        by_host
    }

    pub(super) fn add(&mut self, job: &Job) {
        if job.is_unbound {
            self.unbound.insert(job.id.index());
        }
        if job.task_index.is_dense() {
            self.wide.insert(job.id.index());
        } else {
            job.hosts().for_each(|host| self.add_narrow(host, job.id.index()));
        }
    }

    pub(super) fn remove(&mut self, job: &Job) {
        self.unbound.remove(&job.id.index());
        if !self.wide.remove(&job.id.index()) {
            job.hosts().for_each(|host| self.remove_narrow(host, job.id.index()));
        }
    }

    fn add_narrow(&mut self, host: HostId, job: JobIndex) {
        if let Some(jobs) = self.shared.get_mut(&host) {
            if let Err(at) = jobs.binary_search(&job) {
                jobs.insert(at, job);
            }
        } else if let Some(other) = self.narrow.insert(host, job)
            && other != job
        {
            self.narrow.remove(host);
            self.shared.insert(host, vec![job.min(other), job.max(other)]);
        }
    }

    fn remove_narrow(&mut self, host: HostId, job: JobIndex) {
        let Some(jobs) = self.shared.get_mut(&host) else {
            self.narrow.remove(host);
            return;
        };
        jobs.retain(|&other| other != job);
        if let [last] = jobs[..] {
            self.shared.remove(&host);
            self.narrow.insert(host, last);
        }
    }

    /// Jobs that may have this host: all that do are among them, but for `by`, which has it too.
    pub(super) fn candidates(&self, host: HostId, by: Option<JobIndex>) -> impl Iterator<Item = JobIndex> {
        let shared = self.shared.get(&host);
        // Where a small job is the only one, it is this.
        let is_alone = shared.is_none() && by.is_some_and(|by| !self.wide.contains(&by));
        let single = if is_alone { None } else { self.narrow.get(host) };
        let narrow = shared.into_iter().flatten().copied().chain(single);
        self.wide
            .iter()
            .copied()
            .chain(narrow)
            .filter(move |&job| Some(job) != by)
    }

    pub(crate) fn unbound(&self) -> impl Iterator<Item = JobIndex> {
        self.unbound.iter().copied()
    }
}
