//! The disk of this machine.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FallocateFlags, FlockOperation, OFlags, fallocate, flock, statfs, statvfs};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::{Access, Disk, DiskFile, FileIdentity, Lock, NetworkFilesystem, parent_dir};

/// Files of this machine, as the operating system has them.
#[derive(Debug)]
pub(crate) struct LocalDisk;

#[derive(Debug)]
struct LocalFile {
    path: PathBuf,
    file: File,
}

/// The lock lasts until this is dropped, or the process ends.
#[derive(Debug)]
struct LocalLock(File);

impl Lock for LocalLock {}

// Closing the file is not enough: a child that another thread has just forked has a copy until it runs its program.
impl Drop for LocalLock {
    fn drop(&mut self) {
        // Closing it follows in any case.
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}

/// Adds to an error what was tried and where; its kind stays.
fn trying<T>(what: &str, path: &Path, result: io::Result<T>) -> io::Result<T> {
    result.map_err(|error| {
        let cure = match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::LOOP) => {
                "; nothing in a store is a symbolic link: remove it, or put what it names in its place"
            }
            _ => "",
        };
        io::Error::new(error.kind(), format!("cannot {what} {}: {error}{cure}", path.display()))
    })
}

fn unless_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Whoever may write to the directory could have the store write anywhere, with a link.
fn without_links(options: &mut OpenOptions) -> &mut OpenOptions {
    let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC;
    // The flags are unsigned here and signed there; the bits are the same.
    options.custom_flags(i32::from_ne_bytes(flags.bits().to_ne_bytes()))
}

fn for_writing(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // Never truncated by opening: what is there may be all that is left of an acknowledged commit.
    let options = options.write(true).create(true).truncate(false).mode(0o600);
    without_links(options).open(path)
}

/// Whoever copies a store has to keep its owner away where nothing can be written as well: the same disk may be mounted
/// for writing elsewhere. What has no lock there had no owner, and its directory does.
fn for_locking(path: &Path) -> io::Result<File> {
    match for_writing(path) {
        Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => match for_reading(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => File::open(parent_dir(path)),
            opened => opened,
        },
        opened => opened,
    }
}

fn for_reading(path: &Path) -> io::Result<File> {
    without_links(OpenOptions::new().read(true)).open(path)
}

impl Disk for LocalDisk {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        let created = match DirBuilder::new().mode(0o700).create(dir) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(()),
            created => created,
        };
        trying("create", dir, created)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let list = || {
            let mut names = vec![];
            for entry in std::fs::read_dir(dir)? {
                // Nothing of the store has another name than of ASCII.
                names.extend(entry?.file_name().into_string().ok());
            }
            // Numbers in names have leading zeros, so this is the order of positions.
            names.sort_unstable();
            Ok(names)
        };
        trying("list", dir, list())
    }

    fn read(&self, path: &Path, range: Range<u64>) -> io::Result<Vec<u8>> {
        let read = || {
            let mut file = for_reading(path)?;
            file.seek(SeekFrom::Start(range.start))?;
            let mut bytes = vec![];
            file.take(range.end.saturating_sub(range.start))
                .read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        trying("read", path, read())
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let file = trying("write to", path, for_writing(path))?;
        let path = path.to_owned();
        Ok(Arc::new(LocalFile { path, file }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        trying("replace", to, std::fs::rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        trying("remove", path, unless_missing(std::fs::remove_file(path)))
    }

    fn remove_dir(&self, dir: &Path) -> io::Result<()> {
        trying("remove", dir, unless_missing(std::fs::remove_dir_all(dir)))
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        // On Linux a new name is durable only once its directory was synced, whatever was synced of
        // the file.
        trying("sync", dir, File::open(dir).and_then(|dir| dir.sync_all()))
    }

    fn reserve(&self, path: &Path, bytes: u64) -> io::Result<()> {
        let reserve = || {
            let file = for_writing(path)?;
            match fallocate(&file, FallocateFlags::empty(), 0, bytes) {
                Ok(()) => Ok(()),
                // Where space cannot be allocated, it is written; compression would make nothing of zeros.
                Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => write_noise(&file, bytes),
                Err(error) => Err(error.into()),
            }
        };
        trying("reserve space in", path, reserve())
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Lock>>> {
        let lock = || {
            let file = for_locking(path)?;
            // `flock`, not `fcntl` locks: those are given up when any file descriptor of the
            // process to the same file is closed.
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => Ok(Some(Box::new(LocalLock(file)) as Box<dyn Lock>)),
                Err(Errno::WOULDBLOCK) => Ok(None),
                Err(error) => Err(error.into()),
            }
        };
        trying("lock", path, lock())
    }

    fn lock_dir(&self, dir: &Path) -> io::Result<Box<dyn Lock>> {
        let lock = || {
            let file = File::open(dir)?;
            flock(&file, FlockOperation::LockExclusive)?;
            Ok(Box::new(LocalLock(file)) as Box<dyn Lock>)
        };
        trying("lock", dir, lock())
    }

    fn access(&self, dir: &Path, follow: bool) -> io::Result<Access> {
        let about = if follow { dir.metadata() } else { dir.symlink_metadata() };
        let about = trying("read", dir, about)?;
        Ok(Access {
            owner: about.uid(),
            user: geteuid().as_raw(),
            mode: about.mode() & 0o7777,
            is_link: about.is_symlink(),
        })
    }

    fn identity(&self, path: &Path) -> io::Result<FileIdentity> {
        let about = trying("read", path, path.metadata())?;
        Ok(FileIdentity {
            device: about.dev(),
            inode: about.ino(),
            len: about.len(),
            modified: (about.mtime(), about.mtime_nsec()),
        })
    }

    fn network_filesystem(&self, dir: &Path) -> io::Result<Option<NetworkFilesystem>> {
        let about = trying("ask for the filesystem of", dir, statfs(dir).map_err(io::Error::from))?;
        // The numbers have 32 bits, whatever the type that holds them.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the numbers have 32 bits"
        )]
        Ok(NetworkFilesystem::of_magic(about.f_type as u32))
    }

    fn size(&self, dir: &Path) -> io::Result<u64> {
        let about = trying(
            "ask for the size of the disk of",
            dir,
            statvfs(dir).map_err(io::Error::from),
        )?;
        Ok(about.f_blocks.saturating_mul(about.f_frsize))
    }
}

fn write_noise(file: &File, bytes: u64) -> io::Result<()> {
    let mut noise = 0x9e37_79b9_7f4a_7c15_u64;
    let mut block = Vec::with_capacity(1 << 16);
    while block.len() < 1 << 16 {
        // Any generator will do (xorshift): it has only to be incompressible, since ZFS and Btrfs
        // store zeros as nothing.
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        block.extend(noise.to_le_bytes());
    }
    let mut at = 0;
    while at < bytes {
        file.write_all_at(&block, at)?;
        at += block.len() as u64;
    }
    Ok(())
}

impl DiskFile for LocalFile {
    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        trying("write to", &self.path, self.file.write_all_at(bytes, at))
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        trying("cut", &self.path, self.file.set_len(len))
    }

    fn sync(&self) -> io::Result<()> {
        // `sync_all` and not `sync_data`: the length changes with most appends.
        trying("sync", &self.path, self.file.sync_all())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_free_when_it_is_dropped_whoever_has_a_copy_of_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let file = for_writing(&path).unwrap();
        flock(&file, FlockOperation::NonBlockingLockExclusive).unwrap();
        // As a child has that was forked, and has not come to its own program.
        let copy = file.try_clone().unwrap();
        assert!(LocalDisk.lock(&path).unwrap().is_none());
        drop(LocalLock(file));
        assert!(LocalDisk.lock(&path).unwrap().is_some());
        drop(copy);
    }
}
