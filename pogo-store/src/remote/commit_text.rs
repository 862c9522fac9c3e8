//! Records of a commit as a store on servers has them: a line of JSON for each.

use pogo_core::journal::{Commit, Epoch, JournalError, Seq, stored_len};
use pogo_core::scheduler::Record;

/// The most bytes of a commit's records.
pub(crate) const MAX_COMMIT: usize = 8 << 20;

/// The lines of a commit.
pub(crate) fn commit_lines(commit: &Commit) -> Result<Vec<u8>, JournalError> {
    // What is much too large is not written out before it is refused.
    let size: usize = commit.records.iter().map(stored_len).sum();
    if size > MAX_COMMIT {
        return Err(JournalError::TooLarge { max: MAX_COMMIT });
    }
    let mut lines = Vec::with_capacity(size);
    for record in &commit.records {
        serde_json::to_writer(&mut lines, record).map_err(|error| JournalError::Unavailable {
            message: format!("a record cannot be written as JSON: {error}"),
        })?;
        lines.push(b'\n');
    }
    Ok(lines)
}

/// Of the lines with their place, so that they are not taken for others.
pub(crate) fn checksum(at: Seq, until: Seq, epoch: Epoch, lines: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for number in [at.0, until.0, epoch.0] {
        hasher.update(&number.to_le_bytes());
    }
    hasher.update(lines);
    hasher.finalize()
}

/// The records of lines that begin at `at` and whose checksum is right, with their positions, from a position on.
pub(crate) fn positioned((at, until): (Seq, Seq), lines: &[u8], from: Seq) -> Result<Vec<(Seq, Record)>, JournalError> {
    let lines = lines.strip_suffix(b"\n").unwrap_or(lines).split(|byte| *byte == b'\n');
    let skipped = usize::try_from(from.0.saturating_sub(at.0)).unwrap_or(usize::MAX);
    let rest = (at.0..until.0).map(Seq).zip(lines).skip(skipped);
    rest.map(|(at, line)| {
        // Its checksum vouches for it: some version wrote it, and this one does not know it.
        let unknown = |error| JournalError::Corrupt {
            at,
            message: format!("the record is whole, and this version of pogo cannot read it: {error}"),
        };
        Ok((at, serde_json::from_slice(line).map_err(unknown)?))
    })
    .collect()
}

/// A commit has another checksum than it says.
pub(crate) fn wrong_checksum(at: Seq) -> JournalError {
    JournalError::Corrupt {
        at,
        message: "its commit has another checksum than it says".to_owned(),
    }
}
