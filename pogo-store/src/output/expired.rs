//! What is older, or more, than is to be kept.

use std::collections::BTreeSet;
use std::io;

use pogo_core::Timestamp;
use pogo_core::scheduler::JobId;

use super::job_files::{index_file, log_file};
use super::{Outputs, Pruned, Retention};
use crate::history::events_file;

/// How much output of a job is kept, and since when it has been written to no more.
#[derive(Debug)]
pub(crate) struct KeptOutput {
    job: JobId,
    written: Timestamp,
    pub(crate) bytes: u64,
}

/// What is to be removed of one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expired {
    /// So many bytes.
    Output(JobId, u64),
    /// All kept events of the job.
    Events(JobId),
}

impl Outputs {
    /// What is older than is to be kept, or more, oldest first. Nothing of the jobs that have not ended is.
    pub(crate) fn expired(
        &self,
        now: Timestamp,
        keep: Retention,
        unfinished: &BTreeSet<JobId>,
    ) -> io::Result<Vec<Expired>> {
        let mut found = self.found()?;
        found.sort_by_key(|it| (it.written, it.job));
        // Jobs that have not ended count as well: what has ended makes room for them.
        let mut rest: u64 = found.iter().map(|it| it.bytes).sum();
        let most = match rest {
            // Without output the directory may not exist, and its disk cannot be asked for its
            // size.
            0 => u64::MAX,
            _ => keep.most(self.disk.size(&self.dir)?),
        };
        let mut expired = vec![];
        for it in found.iter().filter(|it| !unfinished.contains(&it.job)) {
            let is_old = it.written + keep.age <= now;
            if (is_old || rest > most) && !self.is_live(it.job) {
                rest -= it.bytes;
                expired.push(Expired::Output(it.job, it.bytes));
            }
        }
        for job in self.jobs()?.into_iter().filter(|job| !unfinished.contains(job)) {
            match self.disk.identity(&events_file(&self.job_dir(job))) {
                Ok(file) if file.modified() + keep.events <= now => expired.push(Expired::Events(job)),
                _ => {}
            }
        }
        Ok(expired)
    }

    /// Removes what has expired, and adds that to what was removed.
    pub(crate) fn remove_expired(&self, expired: Expired, pruned: &mut Pruned) -> io::Result<()> {
        match expired {
            Expired::Output(job, bytes) => {
                if self.remove(job)? {
                    pruned.jobs.push(job);
                    pruned.bytes += bytes;
                }
            }
            Expired::Events(job) => {
                self.disk.remove(&events_file(&self.job_dir(job)))?;
                self.remove_empty(job)?;
            }
        }
        Ok(())
    }

    /// Removes the directory of a job that has nothing any more.
    fn remove_empty(&self, job: JobId) -> io::Result<()> {
        let dir = self.job_dir(job);
        if self.disk.exists(&events_file(&dir))? || self.disk.exists(&log_file(&dir))? {
            return Ok(());
        }
        self.disk.remove_dir(&dir)
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
        self.remove_empty(job)?;
        Ok(true)
    }

    /// The jobs that have output or events.
    pub(crate) fn jobs(&self) -> io::Result<Vec<JobId>> {
        let names = match self.disk.list(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => vec![],
            names => names?,
        };
        let jobs = names.iter().filter_map(|name| name.parse().ok());
        Ok(jobs.map(JobId::new).collect())
    }

    /// The output of each job.
    pub(crate) fn found(&self) -> io::Result<Vec<KeptOutput>> {
        let jobs = self.jobs()?.into_iter();
        let found = jobs.map(|job| match self.disk.identity(&log_file(&self.job_dir(job))) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            log => log.map(|log| {
                let (written, bytes) = (log.modified(), log.len);
                Some(KeptOutput { job, written, bytes })
            }),
        });
        found.filter_map(Result::transpose).collect()
    }
}
