//! A store: a directory with namespaces.

use std::collections::BTreeMap;
use std::io;
use std::path::{self, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use pogo_core::Timestamp;

use crate::blocking::spawn_blocking;
use crate::copy::{Copied, copy_store};
use crate::disk::{Disk, LocalDisk, create_dirs, is_leftover};
use crate::error::StoreError;
use crate::limits::Limits;
use crate::namespace::{Namespace, check_name};
use crate::owner::Machine;
use crate::store_format::{check_format, write_format};

/// Journals, output and history in a directory. Clones are of the same store.
///
/// Opening it locks nothing: any number of processes may have it open, and
/// [acquiring](pogo_core::journal::Journal::acquire) the journal of a namespace makes one of them its owner.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    limits: Limits,
    machine: Machine,
    /// Handles of one namespace share what its owner has made durable.
    namespaces: Mutex<BTreeMap<String, Namespace>>,
}

impl Store {
    /// Opens a store, and creates it if the directory is empty or not there yet. Its files are for this user alone.
    ///
    /// # Errors
    /// The directory has something else in it, or a store of a newer version; it belongs to another user, or others may
    /// write to it; it is on a filesystem of a network; or the disk gives an error.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let store = Self::at(path.as_ref())?;
        store.create()?;
        Ok(store)
    }

    /// Opens a store to read it: nothing is created. Who owns one of its journals is not disturbed.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none; otherwise as [`open`](Self::open).
    pub fn open_existing(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let store = Self::at(path.as_ref())?;
        store.check_existing()?;
        Ok(store)
    }

    /// Opens a store of which only what it has is to be read: on a disk that is mounted read-only, of another user, or
    /// a copy on a disk of a network. Nothing is created or locked, and whoever owns one of its journals is not
    /// disturbed. Whoever wants to own one [opens](Self::open) it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none; it is of a newer version; or the disk gives an error, as where its
    /// user lets nobody else read it.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let store = Self::at(path.as_ref())?;
        let Inner { disk, path, .. } = &*store.inner;
        if !disk.exists(path)? {
            return Err(StoreError::Missing { path: path.clone() });
        }
        check_format(&**disk, path)?;
        Ok(store)
    }

    /// The store in a directory, wherever this process goes.
    fn at(path: &Path) -> Result<Self, StoreError> {
        if path.as_os_str().is_empty() {
            return Err(StoreError::NoPath);
        }
        let path = path::absolute(path)?;
        Ok(Self::on(Arc::new(LocalDisk), &path, Limits::default(), Machine::this()))
    }

    /// A store on any disk, of which nothing is known yet.
    pub(crate) fn on(disk: Arc<dyn Disk>, path: &Path, limits: Limits, machine: Machine) -> Self {
        let inner = Inner {
            disk,
            path: path.to_owned(),
            limits,
            machine,
            namespaces: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// A namespace, which need not be there yet: it begins with its first owner.
    ///
    /// # Errors
    /// [`StoreError::InvalidName`] if it can have no such name.
    pub fn namespace(&self, name: &str) -> Result<Namespace, StoreError> {
        check_name(name)?;
        let inner = &self.inner;
        let mut namespaces = inner.namespaces.lock().unwrap_or_else(PoisonError::into_inner);
        let namespace = namespaces.entry(name.to_owned()).or_insert_with(|| {
            let dir = self.namespaces_dir().join(name);
            Namespace::new(Arc::clone(&inner.disk), dir, inner.limits, inner.machine.clone())
        });
        Ok(namespace.clone())
    }

    /// The names of all namespaces that ever had an owner.
    ///
    /// # Errors
    /// The disk gave an error.
    pub fn namespaces(&self) -> Result<Vec<String>, StoreError> {
        match self.inner.disk.list(&self.namespaces_dir()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(vec![]),
            names => Ok(names?),
        }
    }

    /// Copies the store to a new or an empty directory, and reads each copied file again. Nobody may own a namespace
    /// meanwhile, this process included. The copy says that it is one ([`Namespace::copied`]). `now` is the time that
    /// it says.
    ///
    /// # Errors
    /// [`JournalError::Held`](pogo_core::journal::JournalError::Held) if somebody owns a namespace; the directory is
    /// not empty; or the disk gave an error. What was copied before is no store, and can be removed.
    pub async fn copy(&self, to: impl AsRef<Path>, now: Timestamp) -> Result<Copied, StoreError> {
        if to.as_ref().as_os_str().is_empty() {
            return Err(StoreError::NoPath);
        }
        let (store, to) = (self.clone(), path::absolute(to)?);
        let copy = move || {
            let Inner {
                disk, path, machine, ..
            } = &*store.inner;
            copy_store(&**disk, (path, store.namespaces()?), &to, (machine, now))
        };
        spawn_blocking(copy).await?
    }

    /// A store that is to be written as a copy, in a new or an empty directory.
    pub(crate) fn to_be_copied_to(path: &Path) -> Result<Self, StoreError> {
        if path.as_os_str().is_empty() {
            return Err(StoreError::NoPath);
        }
        let path = path::absolute(path)?;
        create_dirs(&LocalDisk, &path)?;
        if let Some(foreign) = LocalDisk.access(&path, true)?.foreign() {
            return Err(StoreError::foreign(&path, foreign));
        }
        if !LocalDisk.list(&path)?.is_empty() {
            return Err(StoreError::NotEmpty { path });
        }
        Ok(Self::uncut(&path))
    }

    /// A store that keeps all that it is given of an attempt: what was kept elsewhere is not cut once more.
    pub(crate) fn uncut(path: &Path) -> Self {
        let limits = Limits {
            output_blocks: usize::MAX,
            ..Limits::default()
        };
        Self::on(Arc::new(LocalDisk), path, limits, Machine::this())
    }

    /// The copy is complete: from now on it is a store.
    pub(crate) fn complete(&self) -> Result<(), StoreError> {
        Ok(write_format(&*self.inner.disk, &self.inner.path)?)
    }

    /// Its directory.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    fn namespaces_dir(&self) -> PathBuf {
        self.inner.path.join("ns")
    }

    pub(crate) fn create(&self) -> Result<(), StoreError> {
        let (disk, path) = (&*self.inner.disk, &*self.inner.path);
        create_dirs(disk, path)?;
        if let Some(checked) = self.check_created() {
            return checked;
        }
        // Of several processes that find nothing, one writes, and the others find what it wrote.
        // The directory itself is locked: a lock file would make it look as if it had something
        // else in it.
        let _lock = disk.lock_dir(path)?;
        if let Some(checked) = self.check_created() {
            return checked;
        }
        // What a crash left of an earlier trial is nothing.
        if disk.list(path)?.iter().any(|name| !is_leftover(name)) {
            return Err(StoreError::NotAStore { path: path.to_owned() });
        }
        Ok(write_format(disk, path)?)
    }

    /// Whether the store may be used, if somebody has created it.
    fn check_created(&self) -> Option<Result<(), StoreError>> {
        let checked = self.check_existing();
        (!matches!(checked, Err(StoreError::Missing { .. }))).then_some(checked)
    }

    pub(crate) fn check_existing(&self) -> Result<(), StoreError> {
        let (disk, path) = (&*self.inner.disk, &*self.inner.path);
        if !disk.exists(path)? {
            return Err(StoreError::Missing { path: path.to_owned() });
        }
        // The store may be a link to where there is room. What it names is this user's alone.
        if let Some(foreign) = disk.access(path, true)?.foreign() {
            return Err(StoreError::foreign(path, foreign));
        }
        if let Some(filesystem) = disk.network_filesystem(path)? {
            return Err(StoreError::NetworkFilesystem {
                path: path.to_owned(),
                filesystem: filesystem.to_string(),
            });
        }
        check_format(disk, path)
    }
}
