//! How long output is kept.

use std::io;
use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::scheduler::JobId;

use super::Outputs;
use super::job_output::{index_file, log_file};

/// How long output is kept, and how much of it. Each job is kept or removed as a whole, and no job whose attempts may still write: those that have not ended and wrote something within a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// From this time after the last output of a job on, it is removed.
    pub age: Duration,
    /// Where all output is larger, the jobs that wrote last longest ago are removed.
    pub bytes: u64,
}

impl Default for Retention {
    /// 30 days, and 10 GiB.
    fn default() -> Self {
        Self {
            age: Duration::from_secs(30 * 24 * 60 * 60),
            bytes: 10 << 30,
        }
    }
}

impl Retention {
    /// 30 days, and 10 GiB.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps output for so long after its job wrote last.
    pub fn age(mut self, age: Duration) -> Self {
        self.age = age;
        self
    }

    /// Keeps so many bytes of all jobs together.
    pub fn bytes(mut self, bytes: u64) -> Self {
        self.bytes = bytes;
        self
    }
}

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pruned {
    /// The jobs whose output it was.
    pub jobs: Vec<JobId>,
    /// The size of it.
    pub bytes: u64,
}

/// The output of a job, as it is found.
#[derive(Debug)]
pub(crate) struct Found {
    job: JobId,
    written: Timestamp,
    pub(crate) bytes: u64,
}

impl Outputs {
    /// Removes the output of what is too old, and of the oldest where all of it is too large.
    pub(crate) fn prune(&self, now: Timestamp, keep: Retention) -> io::Result<Pruned> {
        let mut found = self.found()?;
        found.sort_by_key(|it| (it.written, it.job));
        let mut rest: u64 = found.iter().map(|it| it.bytes).sum();
        let mut pruned = Pruned::default();
        for it in found {
            let is_old = it.written + keep.age <= now;
            if (is_old || rest > keep.bytes) && self.remove(it.job)? {
                rest -= it.bytes;
                pruned.jobs.push(it.job);
                pruned.bytes += it.bytes;
            }
        }
        Ok(pruned)
    }

    /// Removes the output of a job. `false` if an attempt of it may still write.
    pub(crate) fn remove(&self, job: JobId) -> io::Result<bool> {
        if !self.close(job) {
            return Ok(false);
        }
        let dir = self.job_dir(job);
        // The index first: without it nothing is said to be complete.
        self.disk.remove(&index_file(&dir))?;
        self.disk.remove(&log_file(&dir))?;
        self.disk.remove_dir(&dir)?;
        Ok(true)
    }

    /// The jobs that have output.
    pub(super) fn jobs(&self) -> io::Result<Vec<JobId>> {
        let names = match self.disk.list(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => vec![],
            names => names?,
        };
        let jobs = names.iter().filter_map(|name| name.parse().ok());
        Ok(jobs.map(JobId::new).collect())
    }

    /// The output of each job.
    pub(crate) fn found(&self) -> io::Result<Vec<Found>> {
        let jobs = self.jobs()?.into_iter();
        jobs.map(|job| {
            let dir = self.job_dir(job);
            let log = match self.disk.identity(&log_file(&dir)) {
                // It was removed in part.
                Err(error) if error.kind() == io::ErrorKind::NotFound => self.disk.identity(&dir)?,
                log => log?,
            };
            Ok(Found {
                job,
                written: log.modified(),
                bytes: log.len,
            })
        })
        .collect()
    }
}
