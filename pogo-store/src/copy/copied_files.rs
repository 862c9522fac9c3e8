//! Files that are copied, each of which is read again.

use std::path::{Path, PathBuf};

use pogo_core::Digest;

use crate::disk::{Disk, create_dirs, is_leftover};
use crate::error::StoreError;

/// Files are copied in pieces of this size.
const PIECE: u64 = 4 << 20;

/// Copies files, and counts them.
pub(super) struct CopiedFiles<'a> {
    pub(super) disk: &'a dyn Disk,
    pub(super) files: usize,
    pub(super) bytes: u64,
}

impl<'a> CopiedFiles<'a> {
    pub(super) fn on(disk: &'a dyn Disk) -> Self {
        let (files, bytes) = (0, 0);
        Self { disk, files, bytes }
    }

    /// Copies the files of a directory, if it is there.
    pub(super) fn dir(&mut self, source: &Path, target: &Path) -> Result<(), StoreError> {
        self.dir_of(source, target, |name| !is_leftover(name))
    }

    /// Copies the files of a directory that have names of other people's, if it is there.
    pub(super) fn foreign_dir(&mut self, source: &Path, target: &Path) -> Result<(), StoreError> {
        self.dir_of(source, target, |_| true)
    }

    fn dir_of(&mut self, source: &Path, target: &Path, is_copied: impl Fn(&str) -> bool) -> Result<(), StoreError> {
        if !self.disk.exists(source)? {
            return Ok(());
        }
        create_dirs(self.disk, target)?;
        let names = self.disk.list(source)?;
        self.files(source, target, names.iter().filter(|name| is_copied(name)))
    }

    pub(super) fn files<'n>(
        &mut self,
        source: &Path,
        target: &Path,
        names: impl Iterator<Item = &'n String>,
    ) -> Result<(), StoreError> {
        for name in names {
            self.bytes += self.file(&source.join(name), target.join(name))?;
            self.files += 1;
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
        // A copy that was broken off may have left more than that.
        file.truncate(at)?;
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
