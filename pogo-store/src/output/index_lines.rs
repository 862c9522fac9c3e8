//! Where the lines of an index are, for whoever reads one after the other.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::Path;

use pogo_core::scheduler::AttemptId;
use serde::Deserialize;

use super::index::{SealedAttempt, sealed_line};
use crate::checked_line::{checked, object};
use crate::disk::{Disk, FileIdentity};

/// The lines of an index as far as it was read. Only what was added since is read again.
#[derive(Debug, Default)]
pub(super) struct IndexLines {
    file: Option<FileIdentity>,
    read: u64,
    lines: BTreeMap<AttemptId, Range<u64>>,
}

#[derive(Deserialize)]
struct Named {
    attempt: AttemptId,
}

impl IndexLines {
    /// Whether there is a line of this attempt, as far as it was read.
    pub(super) fn has(&self, attempt: AttemptId) -> bool {
        self.lines.contains_key(&attempt)
    }

    /// The line of an attempt. One that is not as it was written is none: the blocks of the attempt say what is kept.
    pub(super) fn find(
        &mut self,
        disk: &dyn Disk,
        index: &Path,
        attempt: AttemptId,
    ) -> io::Result<Option<SealedAttempt>> {
        self.read_on(disk, index)?;
        let Some(line) = self.lines.get(&attempt) else {
            return Ok(None);
        };
        let sealed = sealed_line(&disk.read(index, line.clone())?);
        let sealed = sealed.filter(|sealed| sealed.attempt == attempt);
        if sealed.is_none() {
            // Another file has taken its place, or it was damaged meanwhile.
            *self = Self::default();
        }
        Ok(sealed)
    }

    fn read_on(&mut self, disk: &dyn Disk, index: &Path) -> io::Result<()> {
        let now = disk.identity(index)?;
        let is_same = |file: &FileIdentity| (file.device, file.inode) == (now.device, now.inode);
        if !self.file.as_ref().is_some_and(is_same) || now.len < self.read {
            *self = Self::default();
        }
        self.file = Some(now);
        if now.len == self.read {
            return Ok(());
        }
        let bytes = disk.read(index, self.read..now.len)?;
        // The last one may be being written.
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        for line in lines.filter_map(|line| line.strip_suffix(b"\n")) {
            let (begin, end) = (self.read, self.read + line.len() as u64);
            let named = checked(line).and_then(|fields| serde_json::from_slice::<Named>(&object(fields)).ok());
            if let Some(named) = named {
                // The first line counts: an attempt is sealed once, and what was promised by its
                // digest stays.
                self.lines.entry(named.attempt).or_insert(begin..end);
            }
            self.read = end + 1;
        }
        Ok(())
    }
}
