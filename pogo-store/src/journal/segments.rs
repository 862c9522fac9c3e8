//! The files that records are in.

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use pogo_core::journal::{JournalError, Seq};

use super::commit_lines::{CommitDamage, FoundCommit, NextCommit, is_unwritten, next_commit};
use crate::disk::Disk;
use crate::error::unavailable;

/// A segment is read in pieces of this size, unless a commit is larger.
const PIECE: u64 = 1 << 20;
const SUFFIX: &str = ".jsonl";

/// The file of the segment that begins with this record.
pub(crate) fn segment_file(dir: &Path, first: Seq) -> PathBuf {
    // Twenty digits are enough for every `u64`, so names sort as their numbers do.
    dir.join(format!("{:020}{SUFFIX}", first.0))
}

/// The first records of all segments, in order.
pub(crate) fn list_segments(disk: &dyn Disk, dir: &Path) -> io::Result<Vec<Seq>> {
    let names = match disk.list(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => vec![],
        names => names?,
    };
    let first = |name: String| name.strip_suffix(SUFFIX)?.parse().ok().map(Seq);
    Ok(names.into_iter().filter_map(first).collect())
}

/// A position in a segment where a commit begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The first record of the segment.
    pub(crate) segment: Seq,
    pub(crate) offset: u64,
    pub(crate) at: Seq,
}

impl Mark {
    /// The beginning of a segment.
    pub(crate) fn begin(segment: Seq) -> Self {
        Self {
            segment,
            offset: 0,
            at: segment,
        }
    }

    /// Where the next commit begins.
    fn after(self, commit: &FoundCommit<'_>) -> Self {
        Self {
            offset: self.offset + commit.len as u64,
            at: commit.end,
            ..self
        }
    }
}

/// Reads the commits of a segment from a mark on, until one breaks off. Returns where the next would begin, and whether
/// anything stands there that is no whole commit.
pub(crate) fn scan(
    disk: &dyn Disk,
    dir: &Path,
    from: Mark,
    mut each: impl FnMut(FoundCommit<'_>, Mark) -> Result<ControlFlow<()>, JournalError>,
) -> Result<(Mark, bool), JournalError> {
    let file = segment_file(dir, from.segment);
    let (mut mark, mut size) = (from, PIECE);
    loop {
        let piece = disk.read(&file, mark.offset..mark.offset + size).map_err(unavailable)?;
        let is_last = (piece.len() as u64) < size;
        let mut rest = &piece[..];
        loop {
            let Some(found) = commit_at(disk, (&file, mark), rest)? else {
                return Ok((mark, true));
            };
            match found {
                NextCommit::Commit(commit) => {
                    let next = mark.after(&commit);
                    rest = rest.get(commit.len..).unwrap_or_default();
                    let go_on = each(commit, mark)?;
                    mark = next;
                    if go_on.is_break() {
                        return Ok((mark, !rest.is_empty()));
                    }
                    size = PIECE;
                }
                NextCommit::Torn if is_last => return Ok((mark, !rest.is_empty())),
                // The piece ends within a commit.
                NextCommit::Torn => {
                    if rest.len() == piece.len() {
                        // A commit larger than the piece. It is read again from its beginning: rare, and
                        // cheaper than keeping pieces to join.
                        size *= 2;
                    }
                    break;
                }
            }
        }
    }
}

/// What stands at a mark; `None` where a crash has left space for a commit, and none of its data.
fn commit_at<'a>(
    disk: &dyn Disk,
    (file, mark): (&Path, Mark),
    rest: &'a [u8],
) -> Result<Option<NextCommit<'a>>, JournalError> {
    match next_commit(rest, mark.at) {
        Ok(found) => Ok(Some(found)),
        // A file grows before its data is on the disk, so a power cut leaves zeros: nothing that was acknowledged.
        Err(damage)
            if !damage.is_newer && is_unwritten(&disk.read(file, mark.offset..u64::MAX).map_err(unavailable)?) =>
        {
            Ok(None)
        }
        Err(damage) => Err(corrupt(file, mark.offset, damage)),
    }
}

fn corrupt(file: &Path, before: u64, damage: CommitDamage) -> JournalError {
    let offset = before + damage.offset as u64;
    if damage.is_newer {
        let message = format!(
            "{} in {}; use the version of pogo that wrote it, or a newer one",
            damage.message,
            file.display()
        );
        return JournalError::Unavailable { message };
    }
    JournalError::Corrupt {
        at: damage.at,
        message: format!("{} at byte {offset} of {}", damage.message, file.display()),
    }
}
