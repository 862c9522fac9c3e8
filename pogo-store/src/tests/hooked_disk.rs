//! A simulated disk on which something else happens within a sync, and reads are counted.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use super::simulated_disk::SimulatedDisk;
use crate::disk::{Access, Disk, DiskFile, FileIdentity, Lock, NetworkFilesystem};

/// What happens, once.
type Hook = Box<dyn FnOnce() + Send>;

/// A disk whose syncs of files of one name do something else at their end. Clones are the same disk.
#[derive(Clone, Default)]
pub(super) struct HookedDisk {
    pub(super) disk: SimulatedDisk,
    on_sync: Arc<Mutex<Option<(&'static str, Hook)>>>,
    damaged: Arc<Mutex<Option<PathBuf>>>,
    on_remove_dir: Arc<Mutex<Option<Sender<PathBuf>>>>,
    read: Arc<AtomicU64>,
}

impl fmt::Debug for HookedDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookedDisk").finish_non_exhaustive()
    }
}

impl HookedDisk {
    /// This disk, with nothing else that happens.
    pub(super) fn over(disk: SimulatedDisk) -> Self {
        Self {
            disk,
            ..Self::default()
        }
    }

    /// The next sync of a file of this name does this before it returns.
    pub(super) fn on_sync(&self, name: &'static str, hook: impl FnOnce() + Send + 'static) {
        *self.on_sync.lock().unwrap() = Some((name, Box::new(hook)));
    }

    /// A bit of what is written below this directory is another one.
    pub(super) fn damage_writes_below(&self, dir: &Path) {
        *self.damaged.lock().unwrap() = Some(dir.to_owned());
    }

    /// The directories that are removed from now on.
    pub(super) fn removed_dirs(&self) -> Receiver<PathBuf> {
        let (sender, receiver) = channel();
        *self.on_remove_dir.lock().unwrap() = Some(sender);
        receiver
    }

    /// How many bytes were read.
    pub(super) fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

impl Disk for HookedDisk {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        self.disk.create_dir(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.disk.list(dir)
    }

    fn read(&self, file: &Path, range: Range<u64>) -> io::Result<Vec<u8>> {
        let bytes = self.disk.read(file, range)?;
        self.read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes)
    }

    fn open(&self, file: &Path) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(HookedFile {
            disk: self.clone(),
            path: file.to_owned(),
            file: self.disk.open(file)?,
        }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, file: &Path) -> io::Result<()> {
        self.disk.remove(file)
    }

    fn remove_dir(&self, dir: &Path) -> io::Result<()> {
        self.disk.remove_dir(dir)?;
        if let Some(removed) = &*self.on_remove_dir.lock().unwrap() {
            // Nobody may be waiting for it.
            let _ = removed.send(dir.to_owned());
        }
        Ok(())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.disk.sync_dir(dir)
    }

    fn reserve(&self, file: &Path, bytes: u64) -> io::Result<()> {
        self.disk.reserve(file, bytes)
    }

    fn lock(&self, file: &Path) -> io::Result<Option<Box<dyn Lock>>> {
        self.disk.lock(file)
    }

    fn lock_dir(&self, dir: &Path) -> io::Result<Box<dyn Lock>> {
        self.disk.lock_dir(dir)
    }

    fn access(&self, dir: &Path, follow: bool) -> io::Result<Access> {
        self.disk.access(dir, follow)
    }

    fn identity(&self, file: &Path) -> io::Result<FileIdentity> {
        self.disk.identity(file)
    }

    fn size(&self, dir: &Path) -> io::Result<u64> {
        self.disk.size(dir)
    }

    fn network_filesystem(&self, dir: &Path) -> io::Result<Option<NetworkFilesystem>> {
        self.disk.network_filesystem(dir)
    }
}

#[derive(Debug)]
struct HookedFile {
    disk: HookedDisk,
    path: PathBuf,
    file: Arc<dyn DiskFile>,
}

impl DiskFile for HookedFile {
    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let damaged = self.disk.damaged.lock().unwrap();
        let is_damaged = damaged.as_ref().is_some_and(|dir| self.path.starts_with(dir));
        let mut bytes = bytes.to_vec();
        if let Some(first) = bytes.first_mut().filter(|_| is_damaged) {
            *first ^= 1;
        }
        self.file.write_at(at, &bytes)
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.file.truncate(len)
    }

    fn sync(&self) -> io::Result<()> {
        // What the hook writes is not made durable by this.
        self.file.sync()?;
        let mut hook = self.disk.on_sync.lock().unwrap();
        let hook = hook.take_if(|(name, _)| self.path.ends_with(*name));
        if let Some((_, hook)) = hook {
            hook();
        }
        Ok(())
    }
}
