//! Reading the output of a job from its files.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use pogo_core::output::{OutputError, OutputPage, Stream};
use pogo_core::scheduler::{AttemptId, JobId};

use super::attempt_blocks::AttemptBlocks;
use super::block::{BLOCK, Block};
use super::found_block::FoundBlock;
use super::index_lines::IndexLines;
use super::job_files::{index_file, log_file, unavailable};
use super::stream_blocks::StreamBlocks;
use crate::disk::{Disk, FileIdentity};

/// A log is looked through in pieces of this size.
const PIECE: u64 = 4 << 20;

/// Gives each block of a log that is as it was written, with its number. Returns the number behind the last one; there
/// is no log without blocks.
pub(super) fn for_each_block(
    disk: &dyn Disk,
    log: &Path,
    job: JobId,
    mut each: impl FnMut(u64, Block),
) -> io::Result<u64> {
    let (mut at, mut number) = (0, 0);
    loop {
        let piece = disk.read(log, at..at + PIECE)?;
        for bytes in piece.chunks(BLOCK) {
            if let Some(block) = Block::decode(job, bytes) {
                each(number, block);
            }
            number += 1;
        }
        if (piece.len() as u64) < PIECE {
            return Ok(number);
        }
        at += PIECE;
    }
}

pub(super) fn read_block(disk: &dyn Disk, log: &Path, number: u64) -> io::Result<Vec<u8>> {
    let at = number * BLOCK as u64;
    disk.read(log, at..at + BLOCK as u64)
}

/// What a stream has within a range, by its blocks.
pub(super) fn page(
    log: &Path,
    attempt: AttemptId,
    (blocks, sealed): (&StreamBlocks, bool),
    range: Range<u64>,
    read: impl Fn(u64) -> io::Result<Option<Block>>,
) -> Result<OutputPage, OutputError> {
    let mut frames = vec![];
    for block in blocks.within(&range) {
        let decoded = read(block.number).map_err(unavailable)?;
        let is_whole =
            |it: &Block| it.source.attempt == attempt && it.offset == block.offset && it.len() as u64 >= block.len;
        let decoded = decoded.filter(is_whole);
        let decoded = decoded.ok_or_else(|| OutputError::Damaged {
            attempt,
            message: format!(
                "the block at byte {} of {} is not what was written; the other output of the job is there",
                block.number * BLOCK as u64,
                log.display()
            ),
        })?;
        frames.extend(decoded.frames(&range));
    }
    Ok(OutputPage::new(frames, range.end, blocks.length, sealed))
}

/// Reads the output of a job from its files, and remembers where attempts are in them.
#[derive(Debug)]
pub(super) struct JobReader {
    job: JobId,
    dir: PathBuf,
    index: IndexLines,
    /// Attempts that are not sealed, and the log that they were found in.
    unsealed: Option<(FileIdentity, BTreeMap<AttemptId, AttemptBlocks>)>,
}

impl JobReader {
    pub(super) fn new(job: JobId, dir: PathBuf) -> Self {
        Self {
            job,
            dir,
            index: IndexLines::default(),
            unsealed: None,
        }
    }

    pub(super) fn read(
        &mut self,
        disk: &dyn Disk,
        attempt: AttemptId,
        stream: Stream,
        range: Range<u64>,
    ) -> Result<OutputPage, OutputError> {
        let (job, log) = (self.job, log_file(&self.dir));
        let read = |number| Ok(Block::decode(job, &read_block(disk, &log, number)?));
        let nothing = || Ok(OutputPage::new(vec![], range.end, 0, false));
        let sealed = match self.index.find(disk, &index_file(&self.dir), attempt) {
            // Of a job that is being removed, the index goes first.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return nothing(),
            sealed => sealed.map_err(unavailable)?,
        };
        if let Some(sealed) = sealed {
            return page(&log, attempt, (&sealed.stream(stream), true), range, read);
        }
        match self.unsealed(disk, &log).map_err(unavailable)?.get(&attempt) {
            Some(found) => page(&log, attempt, (found.stream(stream), false), range, read),
            None => nothing(),
        }
    }

    /// What the log has of attempts that are not sealed. It is looked through once more whenever it has changed.
    fn unsealed(&mut self, disk: &dyn Disk, log: &Path) -> io::Result<&BTreeMap<AttemptId, AttemptBlocks>> {
        let identity = disk.identity(log)?;
        let known = self.unsealed.take().filter(|(known, _)| *known == identity);
        let attempts = match known {
            Some((_, attempts)) => attempts,
            None => self.find_unsealed(disk, log)?,
        };
        let (_, attempts) = self.unsealed.insert((identity, attempts));
        Ok(attempts)
    }

    fn find_unsealed(&self, disk: &dyn Disk, log: &Path) -> io::Result<BTreeMap<AttemptId, AttemptBlocks>> {
        let mut found: BTreeMap<AttemptId, Vec<FoundBlock>> = BTreeMap::new();
        for_each_block(disk, log, self.job, |number, block| {
            if !self.index.has(block.source.attempt) {
                let blocks = found.entry(block.source.attempt).or_default();
                blocks.push(FoundBlock::new(number, &block));
            }
        })?;
        let mut attempts = BTreeMap::new();
        for (attempt, blocks) in found {
            // Without the last blocks: a reader adds nothing to them.
            attempts.extend(AttemptBlocks::found(blocks, |_| Ok(None))?.map(|found| (attempt, found)));
        }
        Ok(attempts)
    }
}
