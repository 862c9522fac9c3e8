//! Stores in directories to which this process cannot write: questions are answered from their files.

use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;
use rustix::process::geteuid;

use crate::actor::user_name;
use crate::exit::CliError;

/// Why this process can write nothing to a store. Displays as that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OnlyReadable {
    /// The disk is mounted so.
    Mounted(PathBuf),
    /// It is that user's.
    OtherUser(PathBuf, String),
    /// The permissions of this directory keep its own user away.
    Closed(PathBuf),
}

impl OnlyReadable {
    /// Why nothing can be written to the store in this directory; `None` if it can be, or there is none.
    pub(crate) fn of(store: &Path) -> Option<Self> {
        if !store.join("format").exists() {
            return None;
        }
        let about = store.metadata().ok()?;
        match accessat(CWD, store, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS) {
            Err(Errno::ROFS) => Some(Self::Mounted(store.to_owned())),
            // Not even root writes to it: what it makes, the user of the store could not use.
            _ if about.uid() != geteuid().as_raw() => Some(Self::OtherUser(store.to_owned(), user_name(about.uid()))),
            Err(Errno::ACCESS | Errno::PERM) => Some(Self::Closed(store.to_owned())),
            _ => None,
        }
    }

    /// The refusal of what has to write.
    pub(crate) fn refusal(&self) -> CliError {
        let asked = "`pogo status`, `pogo jobs`, `pogo logs` and `pogo events` answer from its files";
        match self {
            Self::Mounted(path) => CliError::Unreachable(format!(
                "{self}, so nothing can run or be ordered there; {asked}. Mount it for writing, as with `mount -o \
                 remount,rw`, or name another store with --store; copy it with `pogo store copy {} DIR`",
                path.display()
            )),
            Self::OtherUser(_, user) => CliError::NotAllowed(format!(
                "{self}, so nothing can run or be ordered by this one; {asked}. Run this as that user, as with \
                 `sudo -u {user}`, or name another store with --store"
            )),
            Self::Closed(path) => CliError::NotAllowed(format!(
                "{self}, so nothing can run or be ordered there; {asked}. Open it with `chmod u+w {}`, or name another \
                 store with --store",
                path.display()
            )),
        }
    }
}

impl fmt::Display for OnlyReadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mounted(path) => write!(f, "{} is on a disk that is mounted read-only", path.display()),
            Self::OtherUser(path, user) => write!(f, "{} belongs to the user {user}", path.display()),
            Self::Closed(path) => write!(f, "{} is closed to its own user for writing", path.display()),
        }
    }
}
