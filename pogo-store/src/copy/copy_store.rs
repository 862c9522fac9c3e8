//! Copies a store, file by file.

use std::path::{Path, PathBuf};

use pogo_core::journal::Epoch;
use pogo_core::{Digest, Timestamp};

use super::CopyMark;
use super::copy_mark::read_mark;
use crate::disk::{Disk, create_dirs, is_leftover};
use crate::error::StoreError;
use crate::owner::{Claim, Locked, Machine};
use crate::store_format::write_format;

/// Files are copied in pieces of this size.
const PIECE: u64 = 4 << 20;
/// What belongs to a place and not to what is in it.
const LEFT_OUT: [&str; 5] = ["dispatcher.log", "lock", "owner", "reserve", "socket"];
/// The directories of a namespace; that of jobs has one for each. What jobs read that came through a pipe is `inputs`,
/// which programs fill: without it the hosts that are left could not run.
const DIRS: [&str; 4] = ["journal", "content", "inputs", "jobs"];

/// What was copied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Copied {
    /// The namespaces.
    pub namespaces: Vec<String>,
    /// How many files, or as many pieces of a database.
    pub files: usize,
    /// The bytes of them.
    pub bytes: u64,
    /// How many records, where they were read one by one and not as files.
    pub records: u64,
}

/// A store that is copied.
struct Copying<'a> {
    disk: &'a dyn Disk,
    copied: Copied,
}

/// Copies the namespaces of a store while nobody owns any of them. What says that the copy is a store comes last: one
/// that was broken off is none.
pub(crate) fn copy_store(
    disk: &dyn Disk,
    (from, namespaces): (&Path, Vec<String>),
    to: &Path,
    (machine, now): (&Machine, Timestamp),
) -> Result<Copied, StoreError> {
    if to.starts_with(from) {
        return Err(StoreError::WithinItself { path: to.to_owned() });
    }
    create_dirs(disk, to)?;
    if let Some(foreign) = disk.access(to, true)?.foreign() {
        return Err(StoreError::foreign(to, foreign));
    }
    if !disk.list(to)?.is_empty() {
        return Err(StoreError::NotEmpty { path: to.to_owned() });
    }
    let dir = |store: &Path, name: &str| store.join("ns").join(name);
    // All are locked before any is copied, so that one that is in use leaves nothing half copied.
    let locked: Vec<Locked> = namespaces
        .iter()
        .map(|name| Claim::lock(disk, &dir(from, name), machine))
        .collect::<Result<_, _>>()?;
    let mut copying = Copying {
        disk,
        copied: Copied::default(),
    };
    for (name, locked) in namespaces.into_iter().zip(&locked) {
        let (source, target) = (dir(from, &name), dir(to, &name));
        copying.namespace(&source, &target)?;
        let before = read_mark(disk, &source)?.map_or(Epoch(0), |mark| mark.epoch);
        CopyMark::new(from.display(), now, locked.last_epoch().max(before)).write(disk, &target)?;
        copying.copied.namespaces.push(name);
    }
    write_format(disk, to)?;
    Ok(copying.copied)
}

impl Copying<'_> {
    fn namespace(&mut self, source: &Path, target: &Path) -> Result<(), StoreError> {
        create_dirs(self.disk, target)?;
        let is_file = |name: &&String| {
            let name = name.as_str();
            !LEFT_OUT.contains(&name) && !DIRS.contains(&name) && !is_leftover(name)
        };
        self.files(source, target, self.disk.list(source)?.iter().filter(is_file))?;
        for dir in ["journal", "content", "inputs"] {
            self.dir(&source.join(dir), &target.join(dir))?;
        }
        let jobs = source.join("jobs");
        if self.disk.exists(&jobs)? {
            for job in self.disk.list(&jobs)? {
                self.dir(&jobs.join(&job), &target.join("jobs").join(&job))?;
            }
        }
        Ok(())
    }

    /// Copies the files of a directory, if it is there.
    fn dir(&mut self, source: &Path, target: &Path) -> Result<(), StoreError> {
        if !self.disk.exists(source)? {
            return Ok(());
        }
        create_dirs(self.disk, target)?;
        let names = self.disk.list(source)?;
        self.files(source, target, names.iter().filter(|name| !is_leftover(name)))
    }

    fn files<'n>(
        &mut self,
        source: &Path,
        target: &Path,
        names: impl Iterator<Item = &'n String>,
    ) -> Result<(), StoreError> {
        for name in names {
            self.copied.bytes += self.file(&source.join(name), target.join(name))?;
            self.copied.files += 1;
        }
        Ok(self.disk.sync_dir(target)?)
    }

    /// Copies a file, and reads the copy again.
    fn file(&self, source: &Path, target: PathBuf) -> Result<u64, StoreError> {
        let file = self.disk.open(&target)?;
        let mut digests = vec![];
        let mut at = 0;
        loop {
            let piece = self.disk.read(source, at..at + PIECE)?;
            file.write_at(at, &piece)?;
            digests.push(Digest::of(&piece));
            at += piece.len() as u64;
            if (piece.len() as u64) < PIECE {
                break;
            }
        }
        file.sync()?;
        for (piece, digest) in (0..).zip(digests) {
            let begin = piece * PIECE;
            // Read again while the source is still there. The page cache may answer, so this finds
            // faults of writing, not of the medium.
            if Digest::of(&self.disk.read(&target, begin..begin + PIECE)?) != digest {
                return Err(StoreError::Damaged {
                    path: target,
                    message: "it is not what was copied; copy to another disk".to_owned(),
                });
            }
        }
        Ok(at)
    }
}
