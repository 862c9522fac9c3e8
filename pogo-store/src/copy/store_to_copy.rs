//! Whole stores, namespace by namespace.

use std::fmt;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use pogo_core::Timestamp;

use super::{Amount, CopyError, CopySource, DirectorySource, DirectoryTarget, copy_inputs, transfer, verify};
use crate::blocking::spawn_blocking;
use crate::disk::LocalDisk;
use crate::error::StoreError;
use crate::{Copied, Store};

/// All namespaces of a store, while nobody owns them but whoever copies them. Any kind of store is made one, and
/// copied to any other kind: to a directory by [`to_directory`](Self::to_directory), and to a server by its store.
///
/// Each copy says that it is one, so that whoever goes on with it has to
/// [accept](pogo_core::dispatcher::DispatcherBuilder::accept_restore) that. The namespaces are given back when this is
/// dropped.
pub struct StoreToCopy {
    /// Its path or address.
    pub(crate) name: String,
    pub(crate) namespaces: Vec<(String, Box<dyn CopySource>)>,
    /// The directory of this machine that has what jobs read.
    inputs: PathBuf,
}

impl fmt::Debug for StoreToCopy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StoreToCopy").field(&self.name).finish()
    }
}

/// A kind of store that namespaces are written to, one after the other.
#[async_trait]
pub(crate) trait StoreTarget: Sync {
    /// Copies a namespace, and reads it again before anybody can own it. Leaves nothing that anybody could own if that
    /// fails.
    async fn copy(&self, name: &str, source: &dyn CopySource, from: &str) -> Result<Amount, CopyError>;
}

impl Store {
    /// All of its namespaces, to be copied to a server.
    ///
    /// # Errors
    /// [`JournalError::Held`](pogo_core::journal::JournalError::Held) if somebody owns a namespace, this process
    /// included; the disk gave an error.
    pub async fn to_copy(&self) -> Result<StoreToCopy, StoreError> {
        let mut all = StoreToCopy::of(self.path().display(), self.path());
        for name in self.namespaces()? {
            let source = DirectorySource::lock(self.namespace(&name)?)
                .await
                .map_err(store_error)?;
            all.namespaces.push((name, Box::new(source)));
        }
        Ok(all)
    }
}

impl StoreToCopy {
    pub(crate) fn of(name: impl fmt::Display, inputs: &Path) -> Self {
        Self {
            name: name.to_string(),
            namespaces: vec![],
            inputs: inputs.to_owned(),
        }
    }

    /// Copies it to a new or an empty directory, and reads everything again. `now` is the time that the copy says of
    /// itself. One directory is copied to another by [`Store::copy`].
    ///
    /// # Errors
    /// The directory is not empty; a store gave an error. What was written before is no store, and can be removed.
    pub async fn to_directory(self, to: impl AsRef<Path>, now: Timestamp) -> Result<Copied, StoreError> {
        let store = Store::to_be_copied_to(to.as_ref())?;
        let inputs = store.path().to_owned();
        let target = DirectoryToFill { store, now };
        let copied = self.copy_to(&target, &inputs).await.map_err(store_error)?;
        target.store.complete()?;
        Ok(copied)
    }

    pub(crate) async fn copy_to(self, target: &dyn StoreTarget, inputs_to: &Path) -> Result<Copied, CopyError> {
        let mut copied = Copied::default();
        for (name, source) in self.namespaces {
            // Before anybody can go on with the copy.
            let inputs = inputs_of(&name, &self.inputs, inputs_to).await?;
            let amount = target.copy(&name, &*source, &self.name).await?.with(inputs);
            copied.namespaces.push(name);
            copied.files += amount.pieces;
            copied.bytes += amount.bytes;
            copied.records += amount.records;
            copied.inputs += amount.inputs;
        }
        Ok(copied)
    }
}

struct DirectoryToFill {
    store: Store,
    now: Timestamp,
}

#[async_trait]
impl StoreTarget for DirectoryToFill {
    async fn copy(&self, name: &str, source: &dyn CopySource, from: &str) -> Result<Amount, CopyError> {
        let namespace = self.store.namespace(name).map_err(CopyError::other)?;
        let mut target = DirectoryTarget::new(namespace.clone(), (from.to_owned(), self.now));
        let (digest, amount) = transfer(source, &mut target).await?;
        target.release();
        let copy = DirectorySource::lock(namespace).await?;
        verify(&copy, digest).await?;
        drop(copy);
        target.finish().await?;
        Ok(amount)
    }
}

/// Copies what jobs of a namespace read; how many files that are, and their bytes.
async fn inputs_of(name: &str, from: &Path, to: &Path) -> Result<(usize, u64), CopyError> {
    let (name, from, to) = (name.to_owned(), from.to_owned(), to.to_owned());
    let copied = spawn_blocking(move || copy_inputs(&LocalDisk, (&from, &to), &name));
    copied.await.map_err(CopyError::other)?.map_err(CopyError::other)
}

fn store_error(error: CopyError) -> StoreError {
    match error {
        CopyError::Journal(error) => error.into(),
        CopyError::Other(message) => StoreError::Copy { message },
    }
}
