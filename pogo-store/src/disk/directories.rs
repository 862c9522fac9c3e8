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
        let parent = parent_dir(dir);
        // The root, a directory without a name, or a working directory that was removed: creating it says what is
        // wrong.
        if parent != dir {
            // From the top: a directory whose parent is not durable may be gone after a power cut,
            // with all that is in it.
            create_dirs(disk, parent)?;
        }
        disk.create_dir(dir)?;
        disk.sync_dir(parent)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::LocalDisk;

    #[test]
    fn a_directory_that_nothing_can_be_in_is_an_error_and_no_endless_search() {
        let temporary = tempfile::tempdir().unwrap();
        let file = temporary.path().join("file");
        std::fs::write(&file, "").unwrap();
        for dir in [Path::new(""), &file.join("a/b")] {
            assert!(create_dirs(&LocalDisk, dir).is_err(), "{}", dir.display());
        }
    }
}
