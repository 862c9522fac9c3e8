//! What hosts wrote, in a directory beside the ensemble.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::journal::{Acquire, Journal, Nonce, OwnedJournal, Owner, OwnerId};
use pogo_core::output::{OutputError, OutputFrame, OutputPage, OutputSource, OutputStore, Stream};
use pogo_core::scheduler::{AttemptId, JobId};
use pogo_core::{Digest, Timestamp};
use tokio::sync::Mutex;

use super::hold::Hold;
use super::namespace::Shared;
use crate::error::StoreError;
use crate::{Namespace, Store, StoreOutput};

/// What the hosts of a namespace wrote, in a directory of this machine: an ensemble keeps everything in memory, and is
/// no place for it.
///
/// It is kept as in a [`Store`], 1 MiB of each attempt, for 30 days. Whoever owns the journal writes it, into its own
/// directory; another machine reads what its own dispatchers wrote. Two processes that may own one namespace have
/// different directories: one that another process still writes to is not available.
#[derive(Debug)]
pub struct ZookeeperOutput {
    shared: Arc<Shared>,
    namespace: Namespace,
    output: Arc<StoreOutput>,
    owned: Arc<Mutex<Owned>>,
}

/// The ownership of the directory, and for which ownership of the journal.
#[derive(Default)]
struct Owned {
    nonce: Option<Nonce>,
    _directory: Option<Box<dyn OwnedJournal>>,
}

impl std::fmt::Debug for Owned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Owned")
            .field("nonce", &self.nonce)
            .finish_non_exhaustive()
    }
}

impl ZookeeperOutput {
    pub(super) fn open(shared: Arc<Shared>, directory: &Path) -> Result<Self, StoreError> {
        let namespace = Store::open(directory)?.namespace(&shared.name)?;
        Ok(Self {
            shared,
            output: namespace.output(),
            namespace,
            owned: Arc::default(),
        })
    }

    /// The directory, which other output than this may be in, and which says what is kept for how long.
    pub fn directory(&self) -> &Namespace {
        &self.namespace
    }

    /// Makes sure that this process owns the journal, and the directory with it.
    async fn own(&self) -> Result<(), OutputError> {
        let hold = self.shared.held().ok_or_else(|| OutputError::Unavailable {
            message: "this process does not own the namespace; acquire its journal first".to_owned(),
        })?;
        let nonce = hold.fence.nonce;
        let mut owned = self.owned.lock().await;
        if owned.nonce == Some(nonce) {
            return Ok(());
        }
        // The one of an earlier ownership of this process goes first.
        *owned = Owned::default();
        let owner = Owner {
            id: OwnerId(format!("the output of {}", self.shared.store.address).into()),
            nonce,
            since: Timestamp::EPOCH,
        };
        let directory = self.namespace.journal().acquire(owner, Acquire::IfFree).await;
        let directory = directory.map_err(|error| OutputError::Unavailable {
            message: format!("{}: {error}", self.namespace.path().display()),
        })?;
        *owned = Owned {
            nonce: Some(nonce),
            _directory: Some(directory),
        };
        drop(owned);
        self.free_after(&hold);
        Ok(())
    }

    /// Gives the directory back with the journal.
    fn free_after(&self, hold: &Arc<Hold>) {
        let (hold, owned) = (Arc::clone(hold), Arc::downgrade(&self.owned));
        self.shared.store.runtime.spawn(move || async move {
            hold.ended.wait().await;
            if let Some(owned) = owned.upgrade() {
                let mut owned = owned.lock().await;
                if owned.nonce == Some(hold.fence.nonce) {
                    *owned = Owned::default();
                }
            }
        });
    }
}

#[async_trait]
impl OutputStore for ZookeeperOutput {
    async fn append(&self, frames: &[OutputFrame]) -> Result<(), OutputError> {
        self.own().await?;
        self.output.append(frames).await
    }

    async fn seal(&self, source: &OutputSource, length: u64) -> Result<Digest, OutputError> {
        self.own().await?;
        self.output.seal(source, length).await
    }

    async fn read(
        &self,
        attempt: (JobId, AttemptId),
        stream: Stream,
        range: Range<u64>,
    ) -> Result<OutputPage, OutputError> {
        self.output.read(attempt, stream, range).await
    }
}
