//! Directories that files are in.

use std::io;
use std::path::Path;

use super::Disk;

/// The directory that a file or a directory is in.
pub(crate) fn parent_dir(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

/// Creates a directory and those that it is in, durably.
pub(crate) fn create_dirs(disk: &dyn Disk, dir: &Path) -> io::Result<()> {
    if !disk.exists(dir)? {
        create_dirs(disk, parent_dir(dir))?;
        disk.create_dir(dir)?;
        disk.sync_dir(parent_dir(dir))?;
    }
    Ok(())
}
