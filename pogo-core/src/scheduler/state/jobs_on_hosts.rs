//! Which unfinished jobs name a host, and keeping the index of them up to date.

use super::{Job, JobsByHost, State};
use crate::fleet::HostId;
use crate::scheduler::{JobId, JobStatus};

impl State {
    /// The unfinished jobs that have this host, and which task of each it is.
    pub(crate) fn jobs_on(&self, host: HostId) -> impl Iterator<Item = (&Job, u32)> {
        self.others_on(host, None)
    }

    /// [`jobs_on`](Self::jobs_on) but for this job, which has the host too.
    pub(crate) fn others_on(&self, host: HostId, by: Option<JobId>) -> impl Iterator<Item = (&Job, u32)> {
        let jobs = self.by_host.candidates(host, by.map(JobId::index));
        let jobs = jobs.filter_map(|job| Some(self.jobs.at(job)?.1));
        jobs.filter_map(move |job| Some((job, job.task_of(host)?)))
    }

    /// Takes note that a job has come, or has another status than `before`: whether it is finished decides whether it
    /// is looked at.
    pub(super) fn index_job(&mut self, id: JobId, before: Option<JobStatus>) {
        let Some(job) = self.jobs.get(&id) else { return };
        let was_active = before.is_some_and(|before| before != JobStatus::Finished);
        match (was_active, job.status != JobStatus::Finished) {
            (false, true) => {
                self.active.insert(id);
                self.finished.remove(&(job.finished, id));
                self.by_host.add(job);
            }
            (true, false) => {
                self.active.remove(&id);
                self.finished.insert((job.finished, id));
                self.by_host.remove(job);
            }
            _ => {}
        }
    }

    /// Finds all of it anew, for jobs that came about without events.
    pub(in crate::scheduler) fn index_jobs(&mut self) {
        self.by_host = JobsByHost::of(self.active.iter().filter_map(|job| self.jobs.get(job)));
        self.index_finished();
    }
}
