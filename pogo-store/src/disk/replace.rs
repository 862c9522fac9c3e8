//! Files that are replaced as a whole.

use std::io;
use std::path::{Path, PathBuf};

use super::{Disk, parent_dir};

const NEW: &str = ".new";

/// Puts these bytes in the place of a file, durably: whatever happens, it has its old bytes or these.
pub(crate) fn replace_file(disk: &dyn Disk, file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut new = file.as_os_str().to_owned();
    new.push(NEW);
    let new = PathBuf::from(new);
    if let Err(error) = write_file(disk, &new, bytes) {
        // On a full disk a part of it would take the space that the journal needs.
        let _ = disk.remove(&new);
        return Err(error);
    }
    disk.rename(&new, file)?;
    disk.sync_dir(parent_dir(file))
}

const DAMAGED: &str = ".damaged";

/// Where a file goes that is damaged, as evidence and for a repair.
pub(crate) fn damaged_name(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(DAMAGED);
    PathBuf::from(name)
}

/// Keeps a damaged file under another name, out of the way.
pub(crate) fn set_aside(disk: &dyn Disk, file: &Path) -> io::Result<()> {
    disk.rename(file, &damaged_name(file))?;
    disk.sync_dir(parent_dir(file))
}

/// Whether a file of this name was set aside.
pub(crate) fn is_set_aside(name: &str) -> bool {
    name.ends_with(DAMAGED)
}

fn write_file(disk: &dyn Disk, file: &Path, bytes: &[u8]) -> io::Result<()> {
    let open = disk.open(file)?;
    // One that was left behind by a crash may be longer.
    open.truncate(0)?;
    open.write_at(0, bytes)?;
    // Before the rename: otherwise some filesystems make the name durable first, and after a power
    // cut the file is empty.
    open.sync()
}

/// Whether a file of this name is what a crash left of one that was to replace another.
pub(crate) fn is_leftover(name: &str) -> bool {
    name.ends_with(NEW)
}
