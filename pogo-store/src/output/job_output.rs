//! The output of one job, by the process that may add to it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use pogo_core::Digest;
use pogo_core::output::{OutputDigester, OutputError, OutputFrame, OutputPage, OutputSource, Stream};
use pogo_core::scheduler::{AttemptId, JobId};

use super::attempt_blocks::{AttemptBlocks, Dirty};
use super::block::{BLOCK, Block};
use super::found_block::FoundBlock;
use super::index::{SealedAttempt, sealed_attempts};
use super::job_files::{index_file, log_file, unavailable};
use super::job_reader::{for_each_block, page, read_block};
use super::stream_blocks::StreamBlocks;
use crate::disk::{Disk, DiskFile, create_dirs};

/// The open files of a job.
#[derive(Debug, Clone)]
struct JobFiles {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    log: Arc<dyn DiskFile>,
    index: Arc<dyn DiskFile>,
}

/// The files of a job as they were to be made durable, which takes long.
pub(super) struct Unsynced {
    files: JobFiles,
    writes: u64,
    is_named: bool,
}

impl Unsynced {
    pub(super) fn sync(&self) -> io::Result<()> {
        // The log first: a line of the index says that its blocks are there.
        let JobFiles { disk, dir, log, index } = &self.files;
        log.sync()?;
        index.sync()?;
        if self.is_named {
            return Ok(());
        }
        // A process that was killed may have created some of them: the job's directory, that of all jobs, the
        // namespace, and that of all namespaces.
        let mut dirs = dir.ancestors().take(4);
        dirs.try_for_each(|dir| disk.sync_dir(dir))
    }
}

/// An open log with its index.
#[derive(Debug)]
pub(super) struct JobOutput {
    job: JobId,
    files: JobFiles,
    index_len: u64,
    /// The number of the block behind the last one.
    next: u64,
    attempts: BTreeMap<AttemptId, AttemptBlocks>,
    /// With the digests of what is kept. The index has the rest.
    sealed: BTreeMap<AttemptId, Digest>,
    /// What the disk has not taken yet.
    dirty: Dirty,
    /// How often something was written, and how often when it was synced last.
    writes: u64,
    synced: u64,
    /// Whether its files are known to stand in their directories.
    is_named: bool,
    /// How often it was synced since it was used last.
    idle_rounds: u32,
}

impl JobOutput {
    // A minute without writing. Files of thousands of jobs would use up the descriptors otherwise.
    const IDLE_ROUNDS: u32 = 60;
    /// Some attempts are never sealed: those that end while the store hangs. After a day without output they count as
    /// ended.
    const QUIET_ROUNDS: u32 = 24 * 60 * 60;

    /// Opens the output of a job, creates it if there is none, and finds what was written before.
    pub(super) fn open(disk: &Arc<dyn Disk>, dir: PathBuf, job: JobId) -> io::Result<Self> {
        create_dirs(&**disk, &dir)?;
        let (log, index) = (disk.open(&log_file(&dir))?, disk.open(&index_file(&dir))?);
        let lines = disk.read_all(&index_file(&dir))?;
        // A line that was not written whole is written over.
        let index_len = memchr::memrchr(b'\n', &lines).map_or(0, |end| end + 1) as u64;
        index.truncate(index_len)?;
        let sealed: BTreeMap<_, _> = sealed_attempts(&lines)
            .map(|sealed| (sealed.attempt, sealed.digest))
            .collect();
        // Where blocks are is remembered, and not what is in them: thousands of attempts may have a megabyte each.
        let mut found: BTreeMap<AttemptId, Vec<FoundBlock>> = BTreeMap::new();
        let next = for_each_block(&**disk, &log_file(&dir), job, |number, block| {
            if !sealed.contains_key(&block.source.attempt) {
                let blocks = found.entry(block.source.attempt).or_default();
                blocks.push(FoundBlock::new(number, &block));
            }
        })?;
        let last = |number| Ok(Block::decode(job, &read_block(&**disk, &log_file(&dir), number)?));
        let mut attempts = BTreeMap::new();
        for (attempt, blocks) in found {
            attempts.extend(AttemptBlocks::found(blocks, last)?.map(|found| (attempt, found)));
        }
        Ok(Self {
            job,
            files: JobFiles {
                disk: Arc::clone(disk),
                dir,
                log,
                index,
            },
            index_len,
            next,
            attempts,
            sealed,
            dirty: Dirty::new(),
            // What a process wrote that was killed is not durable yet.
            writes: 1,
            synced: 0,
            is_named: false,
            idle_rounds: 0,
        })
    }

    /// Keeps these frames, each attempt in at most so many blocks.
    pub(super) fn append<'a>(
        &mut self,
        frames: impl IntoIterator<Item = &'a OutputFrame>,
        max_blocks: usize,
    ) -> Result<(), OutputError> {
        self.idle_rounds = 0;
        // What the disk did not take before comes first, so that no more than one call's output waits for it.
        self.write().map_err(unavailable)?;
        let (mut kept_all, mut touched) = (Ok(()), BTreeSet::new());
        for frame in frames {
            let id = frame.source.attempt;
            if self.sealed.contains_key(&id) {
                kept_all = Err(OutputError::Sealed { attempt: id });
                continue;
            }
            let new = || AttemptBlocks::new(Arc::clone(&frame.source));
            let attempt = self.attempts.entry(id).or_insert_with(new);
            attempt.push(frame, max_blocks, &mut self.next, &mut self.dirty);
            touched.insert(id);
        }
        for id in touched {
            if let Some(attempt) = self.attempts.get_mut(&id) {
                attempt.flush(&mut self.dirty);
            }
        }
        self.write().map_err(unavailable)?;
        kept_all
    }

    /// Writes what is dirty, blocks that follow each other at once.
    fn write(&mut self) -> io::Result<()> {
        let mut blocks = std::mem::take(&mut self.dirty).into_iter().peekable();
        while let Some((first, mut bytes)) = blocks.next() {
            let (mut next, mut run) = (first + 1, vec![first]);
            while let Some((number, block)) = blocks.next_if(|(number, _)| *number == next) {
                bytes.extend(block);
                run.push(number);
                next += 1;
            }
            self.writes += 1;
            if let Err(error) = self.files.log.write_at(first * BLOCK as u64, &bytes) {
                let unwritten = bytes.chunks(BLOCK).map(<[u8]>::to_vec);
                self.dirty.extend(run.into_iter().zip(unwritten));
                self.dirty.extend(blocks);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Takes no more of an attempt.
    pub(super) fn seal(&mut self, source: &OutputSource, length: u64) -> Result<Digest, OutputError> {
        if let Some(digest) = self.sealed.get(&source.attempt) {
            return Ok(*digest);
        }
        self.idle_rounds = 0;
        // The line must not name blocks that the log lacks.
        self.write().map_err(unavailable)?;
        let nothing = AttemptBlocks::new(Arc::new(source.clone()));
        // An attempt that wrote nothing is sealed, too: its digest says that nothing is missing.
        let attempt = self.attempts.get(&source.attempt).unwrap_or(&nothing);
        let mut digester = OutputDigester::default();
        for stream in Stream::ALL {
            let page = self.page(attempt.stream(stream), source.attempt, 0..u64::MAX)?;
            for frame in page.frames {
                digester.add(stream, frame.offset, &frame.bytes);
            }
        }
        let sealed = SealedAttempt::new(attempt, length, digester.digest());
        let line = sealed.line().map_err(|error| unavailable(error.into()))?;
        self.writes += 1;
        self.files.index.write_at(self.index_len, &line).map_err(unavailable)?;
        self.index_len += line.len() as u64;
        // Not before its line is written: where that fails, the attempt is sealed by another try.
        self.attempts.remove(&source.attempt);
        self.sealed.insert(source.attempt, sealed.digest);
        Ok(sealed.digest)
    }

    /// What is kept of a stream within a range. `None` of an attempt that is sealed: the files have it.
    pub(super) fn read(
        &self,
        attempt: AttemptId,
        stream: Stream,
        range: Range<u64>,
    ) -> Option<Result<OutputPage, OutputError>> {
        match self.attempts.get(&attempt) {
            _ if self.sealed.contains_key(&attempt) => None,
            Some(open) => Some(self.page(open.stream(stream), attempt, range)),
            None => Some(Ok(OutputPage::new(vec![], range.end, 0, false))),
        }
    }

    fn page(&self, blocks: &StreamBlocks, attempt: AttemptId, range: Range<u64>) -> Result<OutputPage, OutputError> {
        let (files, log) = (&self.files, log_file(&self.files.dir));
        let read = |number| match (&blocks.open, self.dirty.get(&number)) {
            // Most attempts write less than a block, and it is still in memory when they end.
            (Some((open, block)), _) if *open == number => Ok(Some(block.clone())),
            (_, Some(bytes)) => Ok(Block::decode(self.job, bytes)),
            (_, None) => Ok(Block::decode(self.job, &read_block(&*files.disk, &log, number)?)),
        };
        page(&log, attempt, (blocks, false), range, read)
    }

    /// What is to be made durable, if anything is. Nobody waits for that: a disk takes seconds for it at times.
    pub(super) fn begin_sync(&mut self) -> io::Result<Option<Unsynced>> {
        self.write()?;
        self.idle_rounds += 1;
        Ok((self.synced < self.writes).then(|| Unsynced {
            files: self.files.clone(),
            writes: self.writes,
            is_named: self.is_named,
        }))
    }

    /// This is durable. What was written since is not, for sure.
    pub(super) fn end_sync(&mut self, done: &Unsynced) {
        self.synced = done.writes;
        self.is_named = true;
    }

    /// Whether nobody has written to it for a while, and all of it is durable. Opening it again means looking through
    /// all of it.
    pub(super) fn is_idle(&self) -> bool {
        !self.is_live() && self.synced == self.writes && self.idle_rounds > Self::IDLE_ROUNDS
    }

    /// Whether an attempt of it may still write.
    pub(super) fn is_live(&self) -> bool {
        !self.attempts.is_empty() && self.idle_rounds < Self::QUIET_ROUNDS
    }
}
