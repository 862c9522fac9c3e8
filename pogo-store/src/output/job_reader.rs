//! Reading the output of a job from its files.

use std::io;
use std::ops::Range;
use std::path::Path;

use pogo_core::output::{OutputError, OutputPage, Stream};
use pogo_core::scheduler::{AttemptId, JobId};

use super::attempt::Attempt;
use super::block::{BLOCK, Block};
use super::index::find_sealed;
use super::job_output::{index_file, log_file, unavailable};
use super::stream_blocks::StreamBlocks;
use crate::disk::Disk;

/// A log is looked through in pieces of this size.
const PIECE: u64 = 4 << 20;

/// Gives each block of a log that is as it was written, with its number. Returns the number behind the last one; there is no log without blocks.
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
    (job, attempt): (JobId, AttemptId),
    (blocks, sealed): (&StreamBlocks, bool),
    range: Range<u64>,
    read: impl Fn(u64) -> io::Result<Vec<u8>>,
) -> Result<OutputPage, OutputError> {
    let mut frames = vec![];
    for block in blocks.within(&range) {
        let bytes = read(block.number).map_err(unavailable)?;
        let decoded = Block::decode(job, &bytes);
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

/// Reads a job that this process does not write to.
pub(super) fn read_job(
    disk: &dyn Disk,
    dir: &Path,
    (job, attempt): (JobId, AttemptId),
    stream: Stream,
    range: Range<u64>,
) -> Result<OutputPage, OutputError> {
    let log = log_file(dir);
    let read = |number| read_block(disk, &log, number);
    let index = match disk.read_all(&index_file(dir)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(OutputPage::new(vec![], range.end, 0, false));
        }
        index => index.map_err(unavailable)?,
    };
    if let Some(sealed) = find_sealed(&index, attempt) {
        return page(&log, (job, attempt), (&sealed.stream(stream), true), range, read);
    }
    let mut blocks = vec![];
    let looked = for_each_block(disk, &log, job, |number, block| {
        if block.source.attempt == attempt {
            blocks.push((number, block));
        }
    });
    looked.map_err(unavailable)?;
    let Some((_, first)) = blocks.first() else {
        return Ok(OutputPage::new(vec![], range.end, 0, false));
    };
    let found = Attempt::found(std::sync::Arc::clone(&first.source), blocks);
    page(&log, (job, attempt), (found.stream(stream), false), range, read)
}
