//! Snapshots in files.

use std::io;
use std::path::{Path, PathBuf};

use pogo_core::journal::{JournalError, Seq, Snapshot};
use serde::{Deserialize, Serialize};

use crate::compressed::{compress, read_compressed};
use crate::disk::{Disk, replace_file};
use crate::error::unavailable;

const PREFIX: &str = "snapshot-";
const SUFFIX: &str = ".json.zst";
/// How many are kept. Where the last one is damaged, the one before it and the records since are as good.
pub(crate) const KEPT: usize = 2;

/// A snapshot with its position.
#[derive(Debug, Serialize, Deserialize)]
struct Stored<T> {
    upto: Seq,
    state: T,
}

pub(crate) fn snapshot_file(dir: &Path, upto: Seq) -> PathBuf {
    dir.join(format!("{PREFIX}{:020}{SUFFIX}", upto.0))
}

/// The positions of all snapshots, in order.
pub(crate) fn list_snapshots(disk: &dyn Disk, dir: &Path) -> io::Result<Vec<Seq>> {
    let names = match disk.list(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => vec![],
        names => names?,
    };
    let position = |name: String| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.parse().ok();
    Ok(names.into_iter().filter_map(position).map(Seq).collect())
}

/// Refuses to go on behind the records that the newest snapshot stands for: it would give others their numbers.
pub(crate) fn check_end(end: Seq, newest_snapshot: Option<Seq>) -> Result<(), JournalError> {
    match newest_snapshot {
        Some(upto) if upto > end => Err(JournalError::Corrupt {
            at: end,
            message: format!("there is a snapshot of {upto}, so the records from {end} on are lost"),
        }),
        _ => Ok(()),
    }
}

pub(crate) fn write_snapshot(disk: &dyn Disk, dir: &Path, upto: Seq, state: &Snapshot) -> io::Result<()> {
    let bytes = compress(&serde_json::to_vec(&Stored { upto, state })?)?;
    replace_file(disk, &snapshot_file(dir, upto), &bytes)
}

/// The JSON of a snapshot, with its position.
pub(crate) fn snapshot_text(disk: &dyn Disk, dir: &Path, upto: Seq) -> io::Result<Vec<u8>> {
    read_compressed(disk, &snapshot_file(dir, upto))
}

/// A snapshot.
///
/// # Errors
/// [`JournalError::Corrupt`] if it is damaged.
pub(crate) fn read_snapshot(disk: &dyn Disk, dir: &Path, upto: Seq) -> Result<Snapshot, JournalError> {
    let file = snapshot_file(dir, upto);
    let damaged = |message| JournalError::Corrupt { at: upto, message };
    let text = snapshot_text(disk, dir, upto).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => damaged(error.to_string()),
        _ => unavailable(error),
    })?;
    let stored: Stored<Snapshot> = serde_json::from_slice(&text).map_err(|error| {
        let unknown = format!(
            "{} is whole, and this version of pogo cannot read it: {error}",
            file.display()
        );
        damaged(unknown)
    })?;
    // A snapshot under another one's name would give its records twice, or leave some out.
    if stored.upto != upto {
        let other = format!("{} is the snapshot of {}", file.display(), stored.upto);
        return Err(damaged(other));
    }
    Ok(stored.state)
}

/// The newest snapshot that is not damaged. An error if all are.
pub(crate) fn latest_snapshot(disk: &dyn Disk, dir: &Path) -> Result<Option<(Seq, Snapshot)>, JournalError> {
    let mut damage = None;
    // Once more if the owner has replaced what was listed.
    for _ in 0..2 {
        for upto in list_snapshots(disk, dir).map_err(unavailable)?.into_iter().rev() {
            match read_snapshot(disk, dir, upto) {
                Ok(state) => return Ok(Some((upto, state))),
                Err(error) => damage = Some(error),
            }
        }
        if damage.is_none() {
            return Ok(None);
        }
    }
    damage.map_or(Ok(None), Err)
}
