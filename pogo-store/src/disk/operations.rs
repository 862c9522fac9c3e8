//! What is asked of a disk.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use pogo_core::Timestamp;

use super::{Access, NetworkFilesystem};

/// Operations on files and directories. Errors name what was tried and where. No file is opened through a symbolic link
/// of its own.
pub(crate) trait Disk: fmt::Debug + Send + Sync {
    /// Creates a directory for this user alone; it may be there already.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;
    /// The names in a directory, in order.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// What a file has within this range.
    fn read(&self, file: &Path, range: Range<u64>) -> io::Result<Vec<u8>>;
    /// Opens a file for writing; creates it for this user alone.
    fn open(&self, file: &Path) -> io::Result<Arc<dyn DiskFile>>;
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file, if it is there.
    fn remove(&self, file: &Path) -> io::Result<()>;
    /// Removes a directory with all that is in it, if it is there.
    fn remove_dir(&self, dir: &Path) -> io::Result<()>;
    /// Makes names in a directory durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Allocates space for a file.
    fn reserve(&self, file: &Path, bytes: u64) -> io::Result<()>;
    /// Locks a file until the lock is dropped; `None` if somebody else has it.
    fn lock(&self, file: &Path) -> io::Result<Option<Box<dyn Lock>>>;
    /// Locks a directory until the lock is dropped, and waits while somebody else has it.
    fn lock_dir(&self, dir: &Path) -> io::Result<Box<dyn Lock>>;
    /// Who may do what with a directory; through a symbolic link where that is followed, and otherwise with the link.
    fn access(&self, dir: &Path, follow: bool) -> io::Result<Access>;
    /// What tells a file from another one that was put in its place.
    fn identity(&self, file: &Path) -> io::Result<FileIdentity>;
    /// The network filesystem that a directory is on, if it is on one.
    fn network_filesystem(&self, dir: &Path) -> io::Result<Option<NetworkFilesystem>>;

    /// The size of the disk that a directory is on, what is used of it included.
    fn size(&self, dir: &Path) -> io::Result<u64>;

    /// All that a file has.
    fn read_all(&self, file: &Path) -> io::Result<Vec<u8>> {
        self.read(file, 0..u64::MAX)
    }

    fn exists(&self, file: &Path) -> io::Result<bool> {
        match self.identity(file) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// A file that is open for writing.
pub(crate) trait DiskFile: fmt::Debug + Send + Sync {
    /// Writes all of these bytes; on an error any part of them may be there.
    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()>;
    fn truncate(&self, len: u64) -> io::Result<()>;
    /// Makes what was written durable.
    fn sync(&self) -> io::Result<()>;
}

/// A lock that is held.
pub(crate) trait Lock: fmt::Debug + Send + Sync {}

/// Which file it is, and when it was written last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileIdentity {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) len: u64,
    /// Seconds and nanoseconds.
    pub(crate) modified: (i64, i64),
}

impl FileIdentity {
    /// When it was written last.
    pub(crate) fn modified(&self) -> Timestamp {
        let (seconds, nanos) = self.modified;
        let millis = seconds.saturating_mul(1_000).saturating_add(nanos / 1_000_000);
        Timestamp::from_millis(u64::try_from(millis).unwrap_or_default())
    }
}
