//! A file of tokens as it was read last.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use super::TokenEntry;

/// The file as it was read last.
pub(super) struct Loaded {
    pub(super) version: FileVersion,
    pub(super) tokens: Arc<Vec<TokenEntry>>,
}

/// By what a file is told from the one before. A file that is put in the place of another is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileVersion {
    inode: u64,
    length: u64,
    // Not the time of modification, which a copy or `touch` sets to whatever it likes.
    changed: (i64, i64),
}

impl FileVersion {
    pub(super) fn of(about: &std::fs::Metadata) -> Self {
        Self {
            inode: about.ino(),
            length: about.len(),
            changed: (about.ctime(), about.ctime_nsec()),
        }
    }

    pub(super) fn at(path: &Path) -> io::Result<Option<Self>> {
        match std::fs::metadata(path) {
            Ok(about) => Ok(Some(Self::of(&about))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
