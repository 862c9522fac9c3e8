//! What all handles of a namespace share.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pogo_core::scheduler::JobId;

use crate::disk::{Disk, parent_dir};
use crate::error::StoreError;
use crate::jobs::JobIndex;
use crate::journal::{Growth, JournalReader, RecentCommits, ReserveState};
use crate::limits::Limits;
use crate::namespace_id::{read_id, write_id};
use crate::output::{Outputs, Retention};
use crate::owner::{Claim, Machine, Tenure};

/// What all handles of a namespace share within a process.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) dir: PathBuf,
    pub(crate) limits: Limits,
    pub(crate) machine: Machine,
    pub(crate) growth: Growth,
    pub(crate) recent: RecentCommits,
    pub(crate) reader: JournalReader,
    pub(crate) reserve: Arc<ReserveState>,
    pub(crate) tenure: Arc<Tenure>,
    pub(crate) outputs: Arc<Outputs>,
    /// The list of jobs, if this process owns the namespace.
    pub(crate) index: Mutex<Option<JobIndex>>,
    retention: Mutex<Option<Retention>>,
}

impl Shared {
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: PathBuf, limits: Limits, machine: Machine) -> Self {
        let reader = JournalReader::new(Arc::clone(&disk), journal_dir(&dir));
        let reserve = Arc::<ReserveState>::default();
        let tenure = Arc::<Tenure>::default();
        let states = (Arc::clone(&reserve), Arc::clone(&tenure));
        let outputs = Outputs::new(Arc::clone(&disk), jobs_dir(&dir), limits, states);
        Self {
            disk,
            dir,
            limits,
            machine,
            growth: Growth::default(),
            recent: RecentCommits::default(),
            reader,
            reserve,
            tenure,
            outputs: Arc::new(outputs),
            index: Mutex::default(),
            retention: Mutex::new(limits.retention),
        }
    }

    pub(crate) fn unique_name(&self) -> Result<String, StoreError> {
        let disk = &*self.disk;
        let id = match read_id(disk, &self.dir)? {
            Some(id) => id,
            None => {
                self.create()?;
                // Somebody else may have been faster.
                self.as_owner(|| read_id(disk, &self.dir)?.map_or_else(|| write_id(disk, &self.dir), Ok))?
            }
        };
        let name = self.dir.file_name().unwrap_or_default().to_string_lossy();
        Ok(format!("{name}-{id}"))
    }

    pub(crate) fn journal_dir(&self) -> PathBuf {
        journal_dir(&self.dir)
    }

    /// Has a directory for each job.
    pub(crate) fn jobs_dir(&self) -> PathBuf {
        jobs_dir(&self.dir)
    }

    /// Does what only the owner may do: as the owner, or while nobody can become it.
    pub(crate) fn as_owner<T>(&self, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let tenured = self.tenure.hold();
        if tenured.is_some() || !self.disk.exists(&self.dir)? {
            return work();
        }
        drop(tenured);
        let _locked = Claim::lock(&*self.disk, &self.dir, &self.machine)?;
        work()
    }

    /// The directory of a job.
    pub(crate) fn job_dir(&self, job: JobId) -> PathBuf {
        self.jobs_dir().join(job.number().to_string())
    }

    /// What the owner keeps; everything if `None`.
    pub(crate) fn retention(&self) -> Option<Retention> {
        *self.retention.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_retention(&self, keep: Option<Retention>) {
        *self.retention.lock().unwrap_or_else(PoisonError::into_inner) = keep;
    }

    /// The list of jobs, if this process owns the namespace.
    pub(crate) fn index(&self) -> MutexGuard<'_, Option<JobIndex>> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn content_dir(&self) -> PathBuf {
        self.dir.join("content")
    }

    /// Creates its directories, durably. Those that are there may be of a process that was killed before they were
    /// durable.
    pub(crate) fn create(&self) -> io::Result<()> {
        let all_namespaces = parent_dir(&self.dir);
        let store = parent_dir(all_namespaces);
        for dir in [
            all_namespaces,
            &self.dir,
            &self.journal_dir(),
            &self.content_dir(),
            &self.jobs_dir(),
        ] {
            if !self.disk.exists(dir)? {
                self.disk.create_dir(dir)?;
            }
            // Links are not followed here: below the store's own directory there are none, or
            // somebody else decides where it writes.
            if let Some(foreign) = self.disk.access(dir, false)?.foreign() {
                return Err(io::Error::other(StoreError::foreign(dir, foreign)));
            }
        }
        match self.disk.sync_dir(parent_dir(store)) {
            // Somebody else made the store's directory, where this user may not look.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            synced => synced?,
        }
        [store, all_namespaces, &self.dir]
            .into_iter()
            .try_for_each(|dir| self.disk.sync_dir(dir))
    }
}

fn jobs_dir(dir: &Path) -> PathBuf {
    dir.join("jobs")
}

fn journal_dir(dir: &Path) -> PathBuf {
    dir.join("journal")
}
