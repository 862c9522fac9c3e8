//! The directory that has the output of a copy.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use pogo_core::journal::{Acquire, Journal, OwnedJournal, Owner};
use pogo_core::output::OutputStore;

use crate::blocking::spawn_blocking;
use crate::copy::CopyError;
use crate::owner::Claim;
use crate::{Namespace, Store};

/// The output of a namespace, owned as long as this is there.
pub(super) struct OutputDirectory {
    pub(super) output: Arc<dyn OutputStore>,
    /// Kept for its end alone, so that any thread may have the rest.
    _owned: Mutex<Box<dyn OwnedJournal>>,
}

impl OutputDirectory {
    /// # Errors
    /// Another process writes output of a namespace of this name; the disk gave an error.
    pub(super) async fn open(directory: &Path, name: &str, owner: Owner) -> Result<Self, CopyError> {
        let store = Store::uncut(directory);
        let created = spawn_blocking(move || store.create()).await;
        created.map_err(CopyError::other)?.map_err(CopyError::other)?;
        let namespace = namespace(directory, name)?;
        // Nothing expires while it is written.
        namespace.set_retention(None);
        let owned = namespace.journal().acquire(owner, Acquire::IfFree).await?;
        Ok(Self {
            output: namespace.output(),
            _owned: Mutex::new(owned),
        })
    }
}

/// Refuses output of another namespace of this name, which would be taken for that of the copy.
pub(super) async fn check_empty(directory: &Path, name: &str) -> Result<(), CopyError> {
    let (namespace, path) = (namespace(directory, name)?, of(directory, name));
    let shared = Arc::clone(namespace.shared());
    let jobs = spawn_blocking(move || shared.outputs.jobs()).await;
    match jobs.map_err(CopyError::other)?.map_err(CopyError::other)?.is_empty() {
        true => Ok(()),
        false => Err(CopyError::Other(format!(
            "{} has output of another namespace of this name; remove it, or name another directory in the address, as \
             in `?output=/srv/output`",
            path.display()
        ))),
    }
}

/// Removes what is left of a copy.
pub(super) async fn remove(directory: &Path, name: &str) -> Result<(), CopyError> {
    let (namespace, path) = (namespace(directory, name)?, of(directory, name));
    let shared = Arc::clone(namespace.shared());
    let removed = spawn_blocking(move || {
        if !path.try_exists().map_err(CopyError::other)? {
            return Ok(());
        }
        // Nobody may write there meanwhile.
        let _locked = Claim::lock(&*shared.disk, &shared.dir, &shared.machine)?;
        std::fs::remove_dir_all(&path).map_err(CopyError::other)
    });
    removed.await.map_err(CopyError::other)?
}

fn of(directory: &Path, name: &str) -> PathBuf {
    directory.join("ns").join(name)
}

fn namespace(directory: &Path, name: &str) -> Result<Namespace, CopyError> {
    let store = Store::uncut(directory);
    store.namespace(name).map_err(CopyError::other)
}
