//! One namespace of a store.

#[cfg(test)]
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::history::{JobFilter, JobPage};
use pogo_core::scheduler::{JobId, Record};

use crate::blocking::spawn_blocking;
use crate::check::{Damage, NamespaceInfo, check, info};
use crate::copy::{CopyMark, read_mark};
use crate::disk::Disk;
use crate::error::StoreError;
use crate::expiry::{prune, remove_output};
use crate::history::job_records;
use crate::jobs::jobs;
use crate::journal::StoreJournal;
use crate::limits::Limits;
use crate::output::{Pruned, Retention, StoreOutput};
use crate::owner::Machine;
use crate::shared::Shared;

/// A namespace of a [`Store`](crate::Store): its journal, and what its hosts wrote. Clones are of the same namespace.
#[derive(Debug, Clone)]
pub struct Namespace {
    shared: Arc<Shared>,
}

impl Namespace {
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: PathBuf, limits: Limits, machine: Machine) -> Self {
        Self {
            shared: Arc::new(Shared::new(disk, dir, limits, machine)),
        }
    }

    /// A name that no namespace of another store has: its own and a random number, as in `default-1f0c22ab95d3e604`. It
    /// is given a number when it is asked for first, and a copy of it has the same.
    ///
    /// It is for [`DispatcherBuilder::namespace`](pogo_core::dispatcher::DispatcherBuilder::namespace): hosts remember
    /// the last attempt of each namespace, and would refuse those of another person's `default`, which counts for
    /// itself.
    ///
    /// # Errors
    /// It has no number yet and [somebody owns it](pogo_core::journal::JournalError::Held); the disk gave an error, or
    /// the file of the number is damaged.
    pub async fn unique_name(&self) -> Result<String, StoreError> {
        let shared = Arc::clone(&self.shared);
        spawn_blocking(move || shared.unique_name()).await?
    }

    /// Its journal.
    pub fn journal(&self) -> Arc<StoreJournal> {
        Arc::new(StoreJournal::new(Arc::clone(&self.shared)))
    }

    /// What its hosts wrote.
    pub fn output(&self) -> Arc<StoreOutput> {
        Arc::new(StoreOutput::new(Arc::clone(&self.shared.outputs)))
    }

    /// Everything that happened to a job, in order, however long ago. Empty if there was no such job, or its events
    /// were removed.
    ///
    /// # Errors
    /// The disk gave an error, or a file is damaged.
    pub async fn job_events(&self, job: JobId) -> Result<Vec<Record>, StoreError> {
        let shared = Arc::clone(&self.shared);
        let records = spawn_blocking(move || job_records(&shared, job)).await??;
        Ok(records.into_values().collect())
    }

    /// The jobs that there are and were, newest first. A list of thousands is read at once, beside an owner and without
    /// one; it is as the journal is.
    ///
    /// # Errors
    /// The disk gave an error, or the journal is damaged. A damaged list is none: it is made anew from the journal and
    /// the events of jobs.
    pub async fn jobs(&self, filter: JobFilter) -> Result<JobPage, StoreError> {
        let shared = Arc::clone(&self.shared);
        spawn_blocking(move || jobs(&shared, &filter)).await?
    }

    /// Removes output that is older, or more, than is to be kept, and events of jobs that are older. The process that
    /// owns the namespace may do that, and where nobody does, any.
    ///
    /// # Errors
    /// [`JournalError::Held`](pogo_core::journal::JournalError::Held) if another process owns the namespace, and may be
    /// writing; or the disk gave an error: what was removed before is gone.
    pub async fn prune(&self, now: Timestamp, keep: Retention) -> Result<Pruned, StoreError> {
        let shared = Arc::clone(&self.shared);
        spawn_blocking(move || prune(&shared, now, keep)).await?
    }

    /// Removes the output of a job. `false` if an attempt of it may still write, and nothing was removed.
    ///
    /// # Errors
    /// As [`prune`](Self::prune).
    pub async fn remove_output(&self, job: JobId) -> Result<bool, StoreError> {
        let shared = Arc::clone(&self.shared);
        spawn_blocking(move || remove_output(&shared, job)).await?
    }

    /// Sets what this process keeps while it owns the namespace: what is older, or more, is removed in the background
    /// when the journal is acquired, and then each day. Default: [`Retention::new`]. `None` keeps everything.
    pub fn set_retention(&self, keep: Option<Retention>) {
        self.shared.set_retention(keep);
    }

    /// Reads everything that it has, and says what is not as it was written; beside an owner too. Takes as long as
    /// reading all of it.
    ///
    /// # Errors
    /// No thread can be started.
    pub async fn check(&self) -> Result<Vec<Damage>, StoreError> {
        let shared = Arc::clone(&self.shared);
        Ok(spawn_blocking(move || check(&shared)).await?)
    }

    /// What it has, and how much room that takes.
    ///
    /// # Errors
    /// The disk gave an error, or the file that names the owner is damaged.
    pub async fn info(&self) -> Result<NamespaceInfo, StoreError> {
        let shared = Arc::clone(&self.shared);
        Ok(spawn_blocking(move || info(&shared)).await??)
    }

    /// Makes output durable now.
    #[cfg(test)]
    pub(crate) fn try_sync_output(&self) -> io::Result<()> {
        self.shared.outputs.try_sync()
    }

    /// The mark of a copy, if the namespace is one and no dispatcher has gone on with it yet: its numbers and hosts may
    /// have gone on elsewhere, so the first one has to
    /// [accept](pogo_core::dispatcher::DispatcherBuilder::accept_restore) that, which removes the mark.
    ///
    /// # Errors
    /// The disk gave an error, or the mark is damaged.
    pub async fn copied(&self) -> Result<Option<CopyMark>, StoreError> {
        let shared = Arc::clone(&self.shared);
        Ok(spawn_blocking(move || read_mark(&*shared.disk, &shared.dir)).await??)
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Its directory, for people. Its files are the store's own: whoever links this crate has no need to read them.
    pub fn path(&self) -> &Path {
        &self.shared.dir
    }
}

/// Whether a name can be that of a namespace, and of its directory.
pub(crate) fn check_name(name: &str) -> Result<(), StoreError> {
    let begins_well = name.starts_with(|first: char| first.is_ascii_alphanumeric());
    let is_known = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    if begins_well && name.len() <= 100 && name.chars().all(is_known) {
        return Ok(());
    }
    Err(StoreError::InvalidName { name: name.to_owned() })
}
