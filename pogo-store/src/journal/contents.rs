//! Content under its digest.

use std::io;
use std::path::{Path, PathBuf};

use pogo_core::Digest;
use pogo_core::journal::JournalError;

use crate::compressed::{compress, read_compressed};
use crate::disk::{Disk, replace_file, with_space};
use crate::error::unavailable;

const SUFFIX: &str = ".json.zst";

pub(crate) fn content_file(dir: &Path, digest: Digest) -> PathBuf {
    dir.join(format!("{digest}{SUFFIX}"))
}

/// The digests of all content.
pub(crate) fn list_content(disk: &dyn Disk, dir: &Path) -> io::Result<Vec<Digest>> {
    let names = match disk.list(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => vec![],
        names => names?,
    };
    let digest = |name: String| name.strip_suffix(SUFFIX)?.parse().ok();
    Ok(names.into_iter().filter_map(digest).collect())
}

/// Keeps content durably, unless it is there already. What is there and damaged is written again. `release` gives space
/// on a full disk, if there is any: the records that name content come after it.
pub(crate) fn put_content(
    disk: &dyn Disk,
    dir: &Path,
    (digest, bytes): (Digest, &[u8]),
    release: impl FnOnce() -> bool,
) -> Result<(), JournalError> {
    if Digest::of(bytes) != digest {
        return Err(JournalError::WrongContent { digest });
    }
    // Read and not only looked for: the records that follow depend on it, and content is rare.
    if read_content(disk, dir, digest).is_ok() {
        // Whoever wrote it may have died before its name was durable.
        return disk.sync_dir(dir).map_err(unavailable);
    }
    let write = || replace_file(disk, &content_file(dir, digest), &compress(bytes)?);
    with_space(write, release).map_err(unavailable)
}

pub(crate) fn read_content(disk: &dyn Disk, dir: &Path, digest: Digest) -> Result<Vec<u8>, JournalError> {
    let bytes = match read_compressed(disk, &content_file(dir, digest)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(JournalError::NoContent { digest }),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(JournalError::DamagedContent { digest });
        }
        bytes => bytes.map_err(unavailable)?,
    };
    if Digest::of(&bytes) != digest {
        return Err(JournalError::DamagedContent { digest });
    }
    Ok(bytes)
}
