//! A disk in memory on which anything may fail at any point.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use super::disk_state::{DiskState, Entry, FileChange, FileState, NameChange, Survives};
use crate::disk::{Access, Disk, DiskFile, FileIdentity, Lock, NetworkFilesystem};

/// A disk whose changes are counted. Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub(super) struct SimulatedDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    disk: DiskState,
    changes: u64,
    /// From this change on nothing happens any more.
    power_fails_at: Option<u64>,
    faults: BTreeMap<u64, io::ErrorKind>,
    /// The next sync of a file fails.
    sync_fails: bool,
    capacity: Option<u64>,
    is_read_only: bool,
    pub(super) network: Option<u32>,
}

impl State {
    fn change(&mut self) -> io::Result<()> {
        self.changes += 1;
        if self.is_read_only {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        if self.is_off() {
            return Err(io::Error::other("the power is off"));
        }
        self.faults
            .remove(&self.changes)
            .map_or(Ok(()), |kind| Err(kind.into()))
    }

    fn is_off(&self) -> bool {
        self.power_fails_at.is_some_and(|at| self.changes >= at)
    }

    fn file(&mut self, path: &Path) -> io::Result<&mut FileState> {
        match self.disk.names.get(path) {
            Some(Entry::File(inode)) => Ok(self.disk.files.get_mut(inode).unwrap()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn open(&mut self, path: &Path) -> io::Result<u64> {
        if let Some(Entry::File(inode)) = self.disk.names.get(path) {
            return Ok(*inode);
        }
        self.change()?;
        let inode = self.disk.files.len() as u64 + 1;
        self.disk.files.insert(inode, FileState::default());
        self.disk.rename(NameChange::Put(path.to_owned(), Entry::File(inode)));
        Ok(inode)
    }

    fn write(&mut self, inode: u64, at: u64, bytes: &[u8]) -> io::Result<()> {
        let changed = self.change();
        let was_off = self.power_fails_at.is_some_and(|off| self.changes > off);
        if was_off || self.is_read_only {
            return changed;
        }
        let len = self.disk.files[&inode].cached.len() as u64;
        let more = (at + bytes.len() as u64).saturating_sub(len);
        let free = self
            .capacity
            .map_or(u64::MAX, |capacity| capacity.saturating_sub(self.disk.used()));
        let room = bytes.len() as u64 - more.saturating_sub(free);
        // Where it fails, a part of it was written.
        let written = if changed.is_err() {
            bytes.len() / 2
        } else {
            usize::try_from(room).unwrap()
        };
        let change = FileChange::Write(at, bytes[..written].to_vec());
        self.disk.files.get_mut(&inode).unwrap().change(change);
        changed?;
        if written < bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

impl SimulatedDisk {
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.lock_state())
    }

    fn lock_state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// How many changes there were.
    pub(super) fn changes(&self) -> u64 {
        self.with(|state| state.changes)
    }

    /// The power fails at this change.
    pub(super) fn fail_power_at(&self, change: u64) {
        self.with(|state| state.power_fails_at = Some(change));
    }

    /// This change fails.
    pub(super) fn fail_at(&self, change: u64, kind: io::ErrorKind) {
        self.with(|state| _ = state.faults.insert(change, kind));
    }

    /// The next sync of a file fails, and what it was to make durable never will be.
    pub(super) fn fail_next_sync(&self) {
        self.with(|state| state.sync_fails = true);
    }

    /// The disk has room for so many bytes; `None` for any.
    pub(super) fn set_capacity(&self, bytes: Option<u64>) {
        self.with(|state| state.capacity = bytes);
    }

    pub(super) fn set_read_only(&self) {
        self.with(|state| state.is_read_only = true);
    }

    /// Puts it on a filesystem of this number.
    pub(super) fn set_filesystem(&self, magic: u32) {
        self.with(|state| state.network = Some(magic));
    }

    pub(super) fn used(&self) -> u64 {
        self.with(|state| state.disk.used())
    }

    /// The disk after a power cut.
    pub(super) fn after_crash(&self, survives: Survives) -> Self {
        self.with(|state| state.disk.clone()).after_crash(survives).into()
    }

    /// The disk after its process was killed.
    pub(super) fn after_kill(&self) -> Self {
        self.with(|state| state.disk.clone()).after_kill().into()
    }

    /// Another disk with the same files.
    pub(super) fn copy(&self) -> Self {
        self.after_kill()
    }

    /// All files, with what they have.
    pub(super) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let state = self.lock_state();
        let files = state.disk.names.iter().filter_map(|(path, entry)| match entry {
            Entry::File(inode) => Some((path.clone(), state.disk.files[inode].cached.clone())),
            Entry::Dir => None,
        });
        files.collect()
    }

    /// Puts these bytes into a file, as if they had always been there.
    pub(super) fn put(&self, path: &Path, bytes: &[u8]) {
        let file = self.open(path).unwrap();
        file.truncate(0).unwrap();
        file.write_at(0, bytes).unwrap();
        file.sync().unwrap();
    }
}

impl From<DiskState> for SimulatedDisk {
    fn from(disk: DiskState) -> Self {
        let state = State {
            disk,
            ..State::default()
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }
}

impl Disk for SimulatedDisk {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        self.with(|state| {
            state.change()?;
            state.disk.rename(NameChange::Put(dir.to_owned(), Entry::Dir));
            Ok(())
        })
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.with(|state| {
            if !state.disk.names.contains_key(dir) {
                return Err(io::ErrorKind::NotFound.into());
            }
            let names = state.disk.names.keys().filter(|path| path.parent() == Some(dir));
            Ok(names
                .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
                .collect())
        })
    }

    fn read(&self, file: &Path, range: Range<u64>) -> io::Result<Vec<u8>> {
        self.with(|state| {
            let bytes = &state.file(file)?.cached;
            let index = |at: u64| usize::try_from(at).unwrap().min(bytes.len());
            Ok(bytes[index(range.start)..index(range.end)].to_vec())
        })
    }

    fn open(&self, file: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let inode = self.with(|state| state.open(file))?;
        let disk = self.clone();
        Ok(Arc::new(SimulatedFile { disk, inode }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.with(|state| {
            state.change()?;
            state.disk.rename(NameChange::Rename(from.to_owned(), to.to_owned()));
            Ok(())
        })
    }

    fn remove(&self, file: &Path) -> io::Result<()> {
        self.with(|state| {
            state.change()?;
            state.disk.rename(NameChange::Remove(file.to_owned()));
            Ok(())
        })
    }

    fn remove_dir(&self, dir: &Path) -> io::Result<()> {
        self.remove(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.with(|state| {
            state.change()?;
            state.disk.sync_dir(dir);
            Ok(())
        })
    }

    fn reserve(&self, file: &Path, bytes: u64) -> io::Result<()> {
        let open = self.open(file)?;
        open.write_at(0, &vec![0; usize::try_from(bytes).unwrap()])
    }

    fn lock(&self, file: &Path) -> io::Result<Option<Box<dyn Lock>>> {
        self.with(|state| {
            state.open(file)?;
            let path = file.to_owned();
            Ok(state.disk.locked.insert(path.clone()).then(|| {
                let disk = self.clone();
                Box::new(SimulatedLock { disk, path }) as Box<dyn Lock>
            }))
        })
    }

    fn lock_dir(&self, _dir: &Path) -> io::Result<Box<dyn Lock>> {
        // Nobody else is there who could have it.
        let (disk, path) = (self.clone(), PathBuf::new());
        Ok(Box::new(SimulatedLock { disk, path }))
    }

    fn access(&self, _dir: &Path, _follow: bool) -> io::Result<Access> {
        Ok(Access {
            owner: 1,
            user: 1,
            mode: 0o700,
            is_link: false,
        })
    }

    fn identity(&self, file: &Path) -> io::Result<FileIdentity> {
        self.with(|state| {
            let (inode, version, len) = match state.disk.names.get(file) {
                Some(Entry::File(inode)) => {
                    let found = &state.disk.files[inode];
                    (*inode, found.version, found.cached.len() as u64)
                }
                Some(Entry::Dir) => (0, 0, 0),
                // The root of a disk is always there.
                None if file.parent().is_none() => (0, 0, 0),
                None => return Err(io::ErrorKind::NotFound.into()),
            };
            Ok(FileIdentity {
                device: 0,
                inode,
                len,
                modified: (version, 0),
            })
        })
    }

    fn size(&self, _dir: &Path) -> io::Result<u64> {
        Ok(self.with(|state| state.capacity.unwrap_or(u64::MAX)))
    }

    fn network_filesystem(&self, _dir: &Path) -> io::Result<Option<NetworkFilesystem>> {
        Ok(self.with(|state| state.network.and_then(NetworkFilesystem::of_magic)))
    }
}

#[derive(Debug)]
struct SimulatedFile {
    disk: SimulatedDisk,
    inode: u64,
}

impl DiskFile for SimulatedFile {
    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.disk.with(|state| state.write(self.inode, at, bytes))
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.disk.with(|state| {
            state.change()?;
            state
                .disk
                .files
                .get_mut(&self.inode)
                .unwrap()
                .change(FileChange::Truncate(len));
            Ok(())
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.with(|state| {
            let fails = std::mem::take(&mut state.sync_fails);
            let file = state.disk.files.get_mut(&self.inode).unwrap();
            if fails {
                file.fail_sync();
                return Err(io::Error::other("input/output error"));
            }
            state.change().inspect_err(|_| {
                // The power may fail with all of it written or nothing.
            })?;
            state.disk.files.get_mut(&self.inode).unwrap().sync();
            Ok(())
        })
    }
}

#[derive(Debug)]
struct SimulatedLock {
    disk: SimulatedDisk,
    path: PathBuf,
}

impl Lock for SimulatedLock {}

impl Drop for SimulatedLock {
    fn drop(&mut self) {
        self.disk.with(|state| _ = state.disk.locked.remove(&self.path));
    }
}
