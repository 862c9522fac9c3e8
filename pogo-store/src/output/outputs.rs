//! The output of all jobs of a namespace, for all handles in this process.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

use pogo_core::Digest;
use pogo_core::output::{OutputBatch, OutputError, OutputFrame, OutputPage, OutputSource, Stream};
use pogo_core::scheduler::{AttemptId, JobId};

use super::job_files::unavailable;
use super::job_output::JobOutput;
use super::job_readers::JobReaders;
use crate::disk::Disk;
use crate::journal::ReserveState;
use crate::limits::Limits;
use crate::owner::{Tenure, Tenured};

/// Jobs that this process writes to, and where the others are.
#[derive(Debug)]
pub(crate) struct Outputs {
    pub(super) disk: Arc<dyn Disk>,
    /// Has a directory for each job.
    pub(super) dir: PathBuf,
    limits: Limits,
    reserve: Arc<ReserveState>,
    tenure: Arc<Tenure>,
    open: Mutex<OpenJobs>,
    readers: JobReaders,
}

type Job = Arc<Mutex<JobOutput>>;

#[derive(Debug, Default)]
struct OpenJobs {
    jobs: BTreeMap<JobId, Job>,
    /// Whether a thread makes durable what is written.
    is_syncing: bool,
    /// Jobs of which a sync failed; the next write gets the error.
    failed: BTreeMap<JobId, String>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Outputs {
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        dir: PathBuf,
        limits: Limits,
        (reserve, tenure): (Arc<ReserveState>, Arc<Tenure>),
    ) -> Self {
        Self {
            disk,
            dir,
            limits,
            reserve,
            tenure,
            open: Mutex::default(),
            readers: JobReaders::default(),
        }
    }

    pub(super) fn job_dir(&self, job: JobId) -> PathBuf {
        self.dir.join(job.number().to_string())
    }

    /// Output is written by the owner of the namespace alone: two writers would take the same blocks.
    fn as_owner(&self) -> Result<Tenured<'_>, OutputError> {
        self.tenure.hold().ok_or_else(|| OutputError::Unavailable {
            message: "this process does not own the namespace; acquire its journal first".to_owned(),
        })
    }

    /// The job, open for writing.
    fn job(&self, job: JobId) -> Result<Job, OutputError> {
        let mut open = lock(&self.open);
        if let Some(message) = open.failed.remove(&job) {
            // What it had in memory may not be what the disk has.
            open.jobs.remove(&job);
            return Err(OutputError::Unavailable { message });
        }
        if let Some(found) = open.jobs.get(&job) {
            return Ok(Arc::clone(found));
        }
        let opened = JobOutput::open(&self.disk, self.job_dir(job), job).map_err(unavailable)?;
        let opened = Arc::new(Mutex::new(opened));
        open.jobs.insert(job, Arc::clone(&opened));
        Ok(opened)
    }

    pub(super) fn append(self: &Arc<Self>, frames: &[OutputFrame]) -> Result<(), OutputError> {
        let _tenured = self.as_owner()?;
        if self.reserve.is_given() {
            return Err(OutputError::Unavailable {
                message: "the disk is full, and the rest of it is kept for the journal; free some space".to_owned(),
            });
        }
        let mut kept_all = Ok(());
        let jobs: BTreeSet<JobId> = frames.iter().map(|frame| frame.source.job).collect();
        for job in jobs {
            let of_job = frames.iter().filter(|frame| frame.source.job == job);
            let max_blocks = self.limits.output_blocks;
            let appended = self.job(job).and_then(|open| lock(&open).append(of_job, max_blocks));
            kept_all = kept_all.and(appended);
        }
        self.sync_soon();
        kept_all
    }

    pub(super) fn seal(self: &Arc<Self>, source: &OutputSource, length: u64) -> Result<Digest, OutputError> {
        let _tenured = self.as_owner()?;
        let digest = lock(&*self.job(source.job)?).seal(source, length)?;
        self.sync_soon();
        Ok(digest)
    }

    pub(super) fn read(
        &self,
        (job, attempt): (JobId, AttemptId),
        stream: Stream,
        range: Range<u64>,
    ) -> Result<OutputPage, OutputError> {
        // A copy, so that a read of one job keeps no other from being written.
        let open = lock(&self.open).jobs.get(&job).cloned();
        if let Some(page) = open.and_then(|open| lock(&open).read(attempt, stream, range.clone())) {
            return page;
        }
        let reader = self.readers.of(job, || self.job_dir(job));
        lock(&reader).read(&*self.disk, attempt, stream, range)
    }

    /// What several attempts wrote, each of them whole, up to so many bytes.
    pub(super) fn read_batch(&self, job: JobId, attempts: &[AttemptId], most: u64) -> OutputBatch {
        let mut batch = OutputBatch::new(most);
        for attempt in attempts {
            let Some(room) = batch.room() else {
                batch.leave_out(*attempt);
                continue;
            };
            let read = |stream| Ok((stream, self.read((job, *attempt), stream, 0..room)?));
            let pages: Result<Vec<_>, OutputError> = Stream::ALL.into_iter().map(read).collect();
            match pages {
                Ok(pages) => batch.add(*attempt, pages),
                Err(_) => batch.leave_out(*attempt),
            }
        }
        batch
    }

    /// Makes durable what was written, and closes what nobody writes to.
    pub(crate) fn try_sync(&self) -> io::Result<()> {
        match self.tenure.hold() {
            Some(_tenured) => self.sync_open(),
            None => Ok(()),
        }
    }

    /// Makes durable what was written and closes all of it, at the end of an ownership.
    pub(crate) fn close_all(&self) {
        // Nobody writes any more who could get the error.
        let _ = self.sync_open();
        let mut open = lock(&self.open);
        open.jobs.clear();
        open.failed.clear();
    }

    fn sync_open(&self) -> io::Result<()> {
        let mut all_synced = Ok(());
        // A copy: a sync takes as long as the disk wants, and nobody could write meanwhile.
        let jobs = lock(&self.open).jobs.clone();
        for (job, output) in jobs {
            let synced = sync(&output);
            let mut open = lock(&self.open);
            match synced {
                Err(error) => {
                    open.failed.insert(job, error.to_string());
                    all_synced = Err(error);
                }
                // This map and this loop have it, and no writer.
                Ok(()) if Arc::strong_count(&output) == 2 && lock(&output).is_idle() => _ = open.jobs.remove(&job),
                Ok(()) => {}
            }
        }
        all_synced
    }

    /// Has a thread sync each second what is written, for as long as something is.
    fn sync_soon(self: &Arc<Self>) {
        let Some(every) = self.limits.sync_output else { return };
        if std::mem::replace(&mut lock(&self.open).is_syncing, true) {
            return;
        }
        // Weak, or the thread would keep a store that nobody uses any more.
        let outputs = Arc::downgrade(self);
        let thread = thread::Builder::new().name("pogo-store-sync".to_owned());
        let spawned = thread.spawn(move || {
            loop {
                // One thread for all jobs, and only while there are any: an idle dispatcher wakes
                // up for nothing.
                thread::sleep(every);
                let Some(outputs) = Weak::upgrade(&outputs) else { return };
                let is_empty = {
                    // The next write gets the error.
                    let _ = outputs.try_sync();
                    let mut open = lock(&outputs.open);
                    open.is_syncing = !open.jobs.is_empty();
                    open.jobs.is_empty()
                };
                if is_empty {
                    return;
                }
            }
        });
        if spawned.is_err() {
            lock(&self.open).is_syncing = false;
        }
    }

    /// Whether an attempt of a job may still write.
    pub(super) fn is_live(&self, job: JobId) -> bool {
        let open = lock(&self.open).jobs.get(&job).cloned();
        open.is_some_and(|output| lock(&output).is_live())
    }

    /// Forgets an open job, unless an attempt of it may still write. Says whether it is not open any more.
    pub(super) fn close(&self, job: JobId) -> bool {
        let mut open = lock(&self.open);
        let is_live = open.jobs.get(&job).is_some_and(|output| lock(output).is_live());
        if !is_live {
            open.jobs.remove(&job);
            self.readers.forget(job);
        }
        !is_live
    }
}

/// Makes durable what was written of a job, which is written to and read meanwhile.
fn sync(output: &Mutex<JobOutput>) -> io::Result<()> {
    let Some(unsynced) = lock(output).begin_sync()? else {
        return Ok(());
    };
    unsynced.sync()?;
    lock(output).end_sync(&unsynced);
    Ok(())
}
