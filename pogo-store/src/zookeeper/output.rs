//! What hosts wrote, in a directory beside the ensemble.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::journal::{Acquire, Journal, Nonce, OwnedJournal, Owner, OwnerId};
use pogo_core::output::{OutputBatch, OutputError, OutputFrame, OutputPage, OutputSource, OutputStore, Stream};
use pogo_core::scheduler::{AttemptId, JobId};
use pogo_core::{Digest, Timestamp};
use tokio::sync::Mutex;

use super::namespace_shared::NamespaceShared;
use super::owner_writer::OwnerWriter;
use crate::error::StoreError;
use crate::{Store, StoreOutput};

/// What the hosts of a namespace wrote, in a directory of this machine: an ensemble keeps everything in memory, and is
/// no place for it.
///
/// It is kept as in a [`Store`], 1 MiB of each attempt, for 30 days. Whoever owns the journal writes it, into its own
/// directory, which is made then; another machine reads what its own dispatchers wrote. Two processes that may own one
/// namespace have different directories: one that another process still writes to is not available.
#[derive(Debug, Clone)]
pub struct ZookeeperOutput {
    shared: Arc<NamespaceShared>,
    directory: PathBuf,
    opened: Arc<Mutex<OwnedDirectory>>,
}

/// The directory, and for which ownership of the journal it is owned.
#[derive(Default)]
struct OwnedDirectory {
    output: Option<Arc<StoreOutput>>,
    nonce: Option<Nonce>,
    _owned: Option<Box<dyn OwnedJournal>>,
}

impl fmt::Debug for OwnedDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedDirectory")
            .field("nonce", &self.nonce)
            .finish_non_exhaustive()
    }
}

impl ZookeeperOutput {
    pub(super) fn new(shared: Arc<NamespaceShared>, directory: &Path) -> Self {
        Self {
            shared,
            directory: directory.to_owned(),
            opened: Arc::default(),
        }
    }

    fn unavailable(&self, error: impl fmt::Display) -> OutputError {
        OutputError::Unavailable {
            message: format!("{}: {error}", self.directory.display()),
        }
    }

    /// The output by the owner of the journal, who owns the directory with it.
    async fn own(&self) -> Result<Arc<StoreOutput>, OutputError> {
        let owner = self.shared.owner().ok_or_else(|| OutputError::Unavailable {
            message: "this process does not own the namespace; acquire its journal first".to_owned(),
        })?;
        let nonce = owner.fence.nonce;
        let mut opened = self.opened.lock().await;
        if let Some(output) = opened.output.clone().filter(|_| opened.nonce == Some(nonce)) {
            return Ok(output);
        }
        // The one of an earlier ownership of this process goes first.
        *opened = OwnedDirectory::default();
        let store_owner = Owner::new(
            OwnerId(format!("the output of {}", self.shared.store.address).into()),
            nonce,
            Timestamp::EPOCH,
        );
        let namespace = Store::open(&self.directory).and_then(|store| store.namespace(&self.shared.name));
        let namespace = namespace.map_err(|error| self.unavailable(error))?;
        let owned = namespace.journal().acquire(store_owner, Acquire::IfFree).await;
        let output = namespace.output();
        *opened = OwnedDirectory {
            _owned: Some(owned.map_err(|error| self.unavailable(error))?),
            output: Some(Arc::clone(&output)),
            nonce: Some(nonce),
        };
        drop(opened);
        self.free_after(&owner);
        Ok(output)
    }

    /// Gives the directory back with the journal.
    fn free_after(&self, owner: &Arc<OwnerWriter>) {
        let (owner, opened) = (Arc::clone(owner), Arc::downgrade(&self.opened));
        self.shared.store.runtime.spawn(move || async move {
            owner.ended.wait().await;
            if let Some(opened) = opened.upgrade() {
                let mut opened = opened.lock().await;
                // Another ownership may have opened it meanwhile.
                if opened.nonce == Some(owner.fence.nonce) {
                    *opened = OwnedDirectory::default();
                }
            }
        });
    }

    /// The output as it is; `None` where nothing was ever written.
    async fn existing(&self) -> Result<Option<Arc<StoreOutput>>, OutputError> {
        let mut opened = self.opened.lock().await;
        if let Some(output) = &opened.output {
            return Ok(Some(Arc::clone(output)));
        }
        let store = match Store::open_existing(&self.directory) {
            Err(StoreError::Missing { .. }) => return Ok(None),
            store => store.map_err(|error| self.unavailable(error))?,
        };
        let namespace = store
            .namespace(&self.shared.name)
            .map_err(|error| self.unavailable(error))?;
        Ok(Some(Arc::clone(opened.output.insert(namespace.output()))))
    }
}

#[async_trait]
impl OutputStore for ZookeeperOutput {
    async fn append(&self, frames: &[OutputFrame]) -> Result<(), OutputError> {
        self.own().await?.append(frames).await
    }

    async fn seal(&self, source: &OutputSource, length: u64) -> Result<Digest, OutputError> {
        self.own().await?.seal(source, length).await
    }

    async fn read(
        &self,
        attempt: (JobId, AttemptId),
        stream: Stream,
        range: Range<u64>,
    ) -> Result<OutputPage, OutputError> {
        match self.existing().await? {
            Some(output) => output.read(attempt, stream, range).await,
            None => Ok(OutputPage::new(vec![], range.end, 0, false)),
        }
    }

    async fn read_batch(&self, job: JobId, attempts: &[AttemptId], most: u64) -> OutputBatch {
        match self.existing().await {
            Ok(Some(output)) => output.read_batch(job, attempts, most).await,
            // Nothing was ever written.
            Ok(None) => OutputBatch::new(most),
            Err(_) => {
                let mut nothing = OutputBatch::new(most);
                attempts.iter().for_each(|attempt| nothing.leave_out(*attempt));
                nothing
            }
        }
    }
}
