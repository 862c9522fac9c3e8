//! Notices that a file is no longer the one that was read.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What distinguishes a file from the one that was read: one that was written to is another, and so is one that was put
/// in its place. That there is none is a version too.
///
/// Two writes within a few milliseconds that leave the length as it is are not distinguished.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileVersion(Option<Fields>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fields {
    device: u64,
    inode: u64,
    length: u64,
    changed: (i64, i64),
}

impl FileVersion {
    /// The length of the file in bytes; `None` if there is none.
    pub fn length(&self) -> Option<u64> {
        self.0.map(|fields| fields.length)
    }

    /// The version at a path. Taken before the file is read, so that what is written meanwhile is noticed.
    pub fn of(path: &Path) -> Self {
        // Whoever cannot look at it cannot read it either, and has said so.
        let about = fs::metadata(path).ok();
        Self(about.map(|about| Fields {
            device: about.dev(),
            inode: about.ino(),
            length: about.len(),
            // The change time, not the modification time: tools that keep the latter (rsync, tar,
            // `touch -r`) cannot set this one.
            changed: (about.ctime(), about.ctime_nsec()),
        }))
    }
}
