//! What a simulated disk has, in its cache and for sure.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A change of a file's bytes.
#[derive(Debug, Clone)]
pub(super) enum FileChange {
    Write(u64, Vec<u8>),
    Truncate(u64),
}

impl FileChange {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(at, written) => {
                let at = usize::try_from(*at).unwrap();
                bytes.resize(bytes.len().max(at + written.len()), 0);
                bytes[at..at + written.len()].copy_from_slice(written);
            }
            Self::Truncate(len) => bytes.resize(usize::try_from(*len).unwrap(), 0),
        }
    }
}

/// A change of names.
#[derive(Debug, Clone)]
pub(super) enum NameChange {
    Put(PathBuf, Entry),
    Remove(PathBuf),
    Rename(PathBuf, PathBuf),
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<PathBuf, Entry>) {
        match self {
            Self::Put(path, entry) => _ = names.insert(path.clone(), *entry),
            Self::Remove(path) => names.retain(|name, _| !name.starts_with(path)),
            Self::Rename(from, to) => {
                if let Some(entry) = names.remove(from) {
                    names.insert(to.clone(), entry);
                }
            }
        }
    }

    fn dir(&self) -> &Path {
        let (Self::Put(path, _) | Self::Remove(path) | Self::Rename(_, path)) = self;
        path.parent().unwrap()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    Dir,
    File(u64),
}

#[derive(Debug, Clone, Default)]
pub(super) struct FileState {
    /// What is read.
    pub(super) cached: Vec<u8>,
    /// What is there after a power cut.
    durable: Vec<u8>,
    /// What the next sync makes durable.
    pending: Vec<FileChange>,
    pub(super) version: i64,
}

impl FileState {
    pub(super) fn change(&mut self, change: FileChange) {
        change.apply(&mut self.cached);
        self.pending.push(change);
        self.version += 1;
    }

    pub(super) fn sync(&mut self) {
        self.settle(usize::MAX, usize::MAX);
    }

    /// As Linux has it: what could not be written counts as written.
    pub(super) fn fail_sync(&mut self) {
        self.pending.clear();
    }

    /// Makes every size durable, and of what was written the sectors that are drawn. The others have what they had, or
    /// zeros.
    fn settle_sectors(&mut self, mut draw: impl FnMut(usize) -> usize) {
        for change in std::mem::take(&mut self.pending) {
            let before = self.durable.clone();
            change.apply(&mut self.durable);
            for (sector, bytes) in self.durable.chunks_mut(512).enumerate() {
                if draw(1) == 0 {
                    let old = before.get(sector * 512..).unwrap_or_default();
                    let old = old.iter().copied().chain(std::iter::repeat(0));
                    bytes.iter_mut().zip(old).for_each(|(byte, old)| *byte = old);
                }
            }
        }
    }

    /// Makes so many changes durable, and so many bytes of the next.
    fn settle(&mut self, whole: usize, torn: usize) {
        for (index, change) in std::mem::take(&mut self.pending).into_iter().enumerate() {
            match change {
                change if index < whole => change.apply(&mut self.durable),
                FileChange::Write(at, bytes) if index == whole => {
                    FileChange::Write(at, bytes[..torn.min(bytes.len())].to_vec()).apply(&mut self.durable);
                }
                _ => {}
            }
        }
    }
}

/// What a power cut leaves of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Survives {
    Nothing,
    Everything,
    /// Of each file and each directory as many of the changes, oldest first, as such a number draws.
    Some(u64),
    /// Every change of names and sizes, and of what was written such sectors as this number draws.
    Sectors(u64),
}

#[derive(Debug, Clone, Default)]
pub(super) struct DiskState {
    pub(super) files: BTreeMap<u64, FileState>,
    pub(super) names: BTreeMap<PathBuf, Entry>,
    durable_names: BTreeMap<PathBuf, Entry>,
    pending_names: Vec<NameChange>,
    pub(super) locked: BTreeSet<PathBuf>,
}

impl DiskState {
    pub(super) fn rename(&mut self, change: NameChange) {
        change.apply(&mut self.names);
        self.pending_names.push(change);
    }

    pub(super) fn sync_dir(&mut self, dir: &Path) {
        let (of_dir, others) = std::mem::take(&mut self.pending_names)
            .into_iter()
            .partition::<Vec<_>, _>(|change| change.dir() == dir);
        self.pending_names = others;
        of_dir.iter().for_each(|change| change.apply(&mut self.durable_names));
    }

    pub(super) fn used(&self) -> u64 {
        let files = self.names.values().filter_map(|entry| match entry {
            Entry::File(inode) => self.files.get(inode),
            Entry::Dir => None,
        });
        files.map(|file| file.cached.len() as u64).sum()
    }

    /// The disk after its process was killed: what was not synced is still there, and not yet durable.
    pub(super) fn after_kill(mut self) -> Self {
        self.locked.clear();
        self
    }

    /// The disk after a power cut.
    pub(super) fn after_crash(mut self, survives: Survives) -> Self {
        let mut random = match survives {
            Survives::Some(seed) | Survives::Sectors(seed) => seed,
            _ => 0,
        };
        let mut draw = |most: usize| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            match survives {
                Survives::Nothing => 0,
                Survives::Everything => most,
                Survives::Some(_) | Survives::Sectors(_) => usize::try_from(random >> 33).unwrap() % (most + 1),
            }
        };
        for file in self.files.values_mut() {
            if matches!(survives, Survives::Sectors(_)) {
                file.settle_sectors(&mut draw);
                file.cached.clone_from(&file.durable);
                continue;
            }
            let whole = draw(file.pending.len());
            let torn = match file.pending.get(whole) {
                Some(FileChange::Write(_, bytes)) => draw(bytes.len()),
                _ => 0,
            };
            file.settle(whole, torn);
            file.cached.clone_from(&file.durable);
        }
        let dirs: BTreeSet<PathBuf> = self
            .pending_names
            .iter()
            .map(|change| change.dir().to_owned())
            .collect();
        for dir in dirs {
            let of_dir: Vec<_> = self.pending_names.iter().filter(|change| change.dir() == dir).collect();
            let kept = match survives {
                Survives::Sectors(_) => of_dir.len(),
                _ => draw(of_dir.len()),
            };
            of_dir[..kept]
                .iter()
                .for_each(|change| change.apply(&mut self.durable_names));
        }
        self.pending_names.clear();
        // A name in a directory that is not there is not there either.
        let durable = self.durable_names.clone();
        let is_there = |path: &Path| {
            path.ancestors()
                .skip(1)
                .all(|dir| dir.parent().is_none() || durable.contains_key(dir))
        };
        self.durable_names.retain(|path, _| is_there(path));
        self.names.clone_from(&self.durable_names);
        self.locked.clear();
        self
    }
}
