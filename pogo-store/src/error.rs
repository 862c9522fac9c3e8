//! Errors of stores as a whole, and what errors of the disk mean to a journal.

use std::io;
use std::path::{Path, PathBuf};

use pogo_core::journal::JournalError;
use thiserror::Error;

use crate::disk::Foreign;

/// Why a store cannot be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The directory has files, but no store.
    #[error(
        "{} is no store: it has files and none that is named `format`; name a new or an empty directory",
        path.display()
    )]
    NotAStore {
        /// The directory.
        path: PathBuf,
    },
    /// There is no store, and it is opened for reading only.
    #[error("there is no store in {}; whoever writes to it first creates it", path.display())]
    Missing {
        /// The directory.
        path: PathBuf,
    },
    /// A newer version wrote the store.
    #[error(
        "the store in {} is of version {version}, and this program knows version {known}; use the version of pogo that \
         wrote it, or a newer one",
        path.display()
    )]
    Newer {
        /// The directory.
        path: PathBuf,
        /// Its version.
        version: u32,
        /// The newest version that is known.
        known: u32,
    },
    /// A file is not as it was written.
    #[error("{} is damaged: {message}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The damage, and what to do about it.
        message: String,
    },
    /// Other machines may use the directory at the same time.
    #[error(
        "{} is on {filesystem}, where this machine's locks keep no other machine away; put the store on a disk of this \
         machine",
        path.display()
    )]
    NetworkFilesystem {
        /// The directory.
        path: PathBuf,
        /// The filesystem.
        filesystem: String,
    },
    /// No directory was named.
    #[error("the path of the store is empty; name a directory, such as `/var/lib/our-tool/pogo`")]
    NoPath,
    /// The directory is another user's, who may read and change what is written.
    #[error(
        "{} belongs to the user {owner}, and this process is of {user}; name another directory, or run it as that user",
        path.display()
    )]
    OtherUser {
        /// The directory.
        path: PathBuf,
        /// The number of its owner.
        owner: u32,
        /// The number of the user of this process.
        user: u32,
    },
    /// Other users may change what is in the directory.
    #[error(
        "others may write to {} (its mode is {mode:o}); make sure that nobody has, and close it: chmod 700 {}",
        path.display(),
        path.display()
    )]
    Writable {
        /// The directory.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A directory of the store is a symbolic link.
    #[error(
        "{} is a symbolic link, which only the store itself may be; put the directory in its place",
        path.display()
    )]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// A copy takes a directory of its own.
    #[error("{} is not empty; name a new or an empty directory", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// A copy would be copied too.
    #[error("{} is within the store that is to be copied; name a directory elsewhere", path.display())]
    WithinItself {
        /// The directory.
        path: PathBuf,
    },
    /// A copy was not made.
    #[error("{message}")]
    Copy {
        /// Why not, and the cure.
        message: String,
    },
    /// A name that no namespace can have.
    #[error(
        "`{}` is no name of a namespace: use up to 100 letters, digits, `-`, `_` and `.`, the first of them a letter \
         or digit",
        name.escape_debug()
    )]
    InvalidName {
        /// The name as given.
        name: String,
    },
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The disk reported an error. Its text names the file.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl StoreError {
    /// A directory that is not for this user alone.
    pub(crate) fn foreign(path: &Path, foreign: Foreign) -> Self {
        let path = path.to_owned();
        match foreign {
            Foreign::Link => Self::Link { path },
            Foreign::OtherUser { owner, user } => Self::OtherUser { path, owner, user },
            Foreign::Writable { mode } => Self::Writable { path, mode },
        }
    }
}

/// Whether a disk, or a user's share of it, is full.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// An operation on the disk that failed, and changed nothing.
pub(crate) fn unavailable(error: io::Error) -> JournalError {
    let cure = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "; free some space",
        io::ErrorKind::PermissionDenied => "; a store belongs to one user",
        io::ErrorKind::ReadOnlyFilesystem => "; it can only be read",
        _ => "",
    };
    JournalError::Unavailable {
        message: format!("{error}{cure}"),
    }
}
