//! The disk of this machine, on which a process stops in the middle of its n-th operation.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::disk::{Access, Disk, DiskFile, FileIdentity, LocalDisk, Lock, NetworkFilesystem};

/// The message that the process has stopped.
pub(super) const STOPPED: &str = "stopped";

/// Counts the operations that change something. Before the last of them is done, the thread reports that it stops, and
/// stops.
#[derive(Debug, Clone)]
pub(super) struct StoppingDisk {
    left: Arc<AtomicU64>,
}

impl StoppingDisk {
    pub(super) fn new(operations: u64) -> Self {
        Self {
            left: Arc::new(AtomicU64::new(operations)),
        }
    }

    /// Stops for ever at the last operation; what half of it is, is done first.
    fn change(&self, half: impl FnOnce()) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            half();
            println!("{STOPPED}");
            loop {
                thread::park();
            }
        }
    }
}

impl Disk for StoppingDisk {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        self.change(|| ());
        LocalDisk.create_dir(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        LocalDisk.list(dir)
    }

    fn read(&self, file: &Path, range: Range<u64>) -> io::Result<Vec<u8>> {
        LocalDisk.read(file, range)
    }

    fn open(&self, file: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.change(|| ());
        let (disk, file) = (self.clone(), LocalDisk.open(file)?);
        Ok(Arc::new(StoppingFile { disk, file }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change(|| ());
        LocalDisk.rename(from, to)
    }

    fn remove(&self, file: &Path) -> io::Result<()> {
        self.change(|| ());
        LocalDisk.remove(file)
    }

    fn remove_dir(&self, dir: &Path) -> io::Result<()> {
        self.change(|| ());
        LocalDisk.remove_dir(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.change(|| ());
        LocalDisk.sync_dir(dir)
    }

    fn reserve(&self, file: &Path, bytes: u64) -> io::Result<()> {
        self.change(|| ());
        LocalDisk.reserve(file, bytes)
    }

    fn lock(&self, file: &Path) -> io::Result<Option<Box<dyn Lock>>> {
        self.change(|| ());
        LocalDisk.lock(file)
    }

    fn lock_dir(&self, dir: &Path) -> io::Result<Box<dyn Lock>> {
        LocalDisk.lock_dir(dir)
    }

    fn access(&self, dir: &Path, follow: bool) -> io::Result<Access> {
        LocalDisk.access(dir, follow)
    }

    fn identity(&self, file: &Path) -> io::Result<FileIdentity> {
        LocalDisk.identity(file)
    }

    fn size(&self, dir: &Path) -> io::Result<u64> {
        LocalDisk.size(dir)
    }

    fn network_filesystem(&self, dir: &Path) -> io::Result<Option<NetworkFilesystem>> {
        LocalDisk.network_filesystem(dir)
    }
}

#[derive(Debug)]
struct StoppingFile {
    disk: StoppingDisk,
    file: Arc<dyn DiskFile>,
}

impl DiskFile for StoppingFile {
    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.disk.change(|| {
            self.file.write_at(at, &bytes[..bytes.len() / 2]).unwrap();
        });
        self.file.write_at(at, bytes)
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.disk.change(|| ());
        self.file.truncate(len)
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.change(|| ());
        self.file.sync()
    }
}
