//! The end of a journal, by the hand that may append to it.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pogo_core::Digest;
use pogo_core::journal::{Epoch, JournalError, Seq};

use super::commit_lines::EncodedCommit;
use super::reserve::Reserve;
use super::segments::{Mark, list_segments, scan, segment_file};
use crate::disk::{Disk, DiskFile};
use crate::error::{is_full, unavailable};

/// Appends to the last segment.
#[derive(Debug)]
pub(crate) struct Writer {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    segment_size: u64,
    /// Where the next commit begins.
    mark: Mark,
    /// `None` where it is to be opened and put right first.
    file: Option<Arc<dyn DiskFile>>,
    /// Whether the segment is known to stand in its directory.
    is_named: bool,
    last: Option<LastCommit>,
    /// Whether a commit may stand behind the end, whose sync failed: as long as that is, nothing is sure of the next
    /// one either.
    may_be_there: bool,
    pub(crate) reserve: Reserve,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct LastCommit {
    at: Seq,
    digest: Digest,
}

impl Writer {
    /// Finds the end of the journal, cuts off what was not written whole, and makes durable what was. Also says the
    /// epoch of the last record.
    ///
    /// Whoever wrote the last commit may have died before it knew whether it was durable; where its sync failed,
    /// another one would say nothing of it. So its bytes are written once more. All before it were acknowledged.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        dir: PathBuf,
        segment_size: u64,
        reserve: Reserve,
    ) -> Result<(Self, Epoch), JournalError> {
        let segments = list_segments(&*disk, &dir).map_err(unavailable)?;
        let mut end = Mark::begin(segments.last().copied().unwrap_or_default());
        let (mut begin, mut is_torn, mut last) = (end, false, None);
        // The last segment may be there and have nothing yet.
        for segment in segments.iter().rev() {
            let mut last_mark = None;
            let found = scan(&*disk, &dir, Mark::begin(*segment), |_, mark| {
                last_mark = Some(mark);
                Ok(ControlFlow::Continue(()))
            })?;
            if *segment == end.segment {
                (end, is_torn) = found;
                begin = last_mark.unwrap_or(end);
            } else if found.0.at != end.segment || found.1 {
                return Err(broken_off(&dir, found.0, end.segment));
            }
            if let Some(mark) = last_mark {
                last = Some(last_commit(&*disk, &dir, mark)?);
                break;
            }
        }
        let (last, epoch) = last.unzip();
        let mut writer = Self {
            disk,
            dir,
            segment_size,
            mark: end,
            file: None,
            is_named: false,
            last,
            may_be_there: false,
            reserve,
        };
        if !segments.is_empty() {
            writer.rewrite_last(begin, is_torn)?;
        }
        Ok((writer, epoch.unwrap_or_default()))
    }

    pub(crate) fn end(&self) -> Seq {
        self.mark.at
    }

    /// Where the next commit begins.
    pub(crate) fn mark(&self) -> Mark {
        self.mark
    }

    /// Makes the last commit durable, which begins at this mark.
    fn rewrite_last(&mut self, begin: Mark, is_torn: bool) -> Result<(), JournalError> {
        let path = segment_file(&self.dir, self.mark.segment);
        let bytes = self
            .disk
            .read(&path, begin.offset..self.mark.offset)
            .map_err(unavailable)?;
        let rewrite = || {
            let file = self.disk.open(&path)?;
            if is_torn {
                file.truncate(self.mark.offset)?;
            }
            file.write_at(begin.offset, &bytes)?;
            file.sync()?;
            self.disk.sync_dir(&self.dir)?;
            Ok(file)
        };
        self.file = Some(rewrite().map_err(unavailable)?);
        self.is_named = true;
        Ok(())
    }

    /// Appends a commit durably.
    pub(crate) fn append(&mut self, commit: &EncodedCommit) -> Result<Seq, JournalError> {
        let asked = LastCommit {
            at: commit.at,
            digest: commit.digest,
        };
        // A dispatcher that lost the answer appends the same commit again, and need not ask what happened to it.
        if self.last.as_ref() == Some(&asked) || (commit.at == commit.end && commit.at == self.mark.at) {
            return Ok(self.mark.at);
        }
        if commit.at != self.mark.at {
            return Err(JournalError::Conflict { at: self.mark.at });
        }
        self.reserve.refill(&*self.disk);
        let mut written = self.write(&commit.lines);
        if let Err((error, _)) = &written
            && is_full(error)
            && self.reserve.release(&*self.disk)
        {
            written = self.write(&commit.lines);
        }
        if let Err((error, may_be_there)) = written {
            // Whatever is there is put right before anything is appended again.
            self.file = None;
            self.may_be_there |= may_be_there;
            return Err(if self.may_be_there {
                JournalError::Unknown {
                    message: error.to_string(),
                }
            } else {
                unavailable(error)
            });
        }
        self.mark.offset += commit.lines.len() as u64;
        self.mark.at = commit.end;
        self.last = Some(asked);
        Ok(commit.end)
    }

    /// Writes these lines at the end and syncs them. On an error also says whether they may be there.
    fn write(&mut self, lines: &[u8]) -> Result<(), (std::io::Error, bool)> {
        self.next_segment(lines.len() as u64);
        let file = match self.file.take() {
            Some(file) => file,
            None => self.reopen().map_err(|error| (error, false))?,
        };
        // What is written in part is torn, whoever finds it. What could not be synced may be
        // whole, and be found after a crash.
        file.write_at(self.mark.offset, lines).map_err(|error| (error, false))?;
        file.sync().map_err(|error| (error, true))?;
        if !self.is_named {
            self.disk.sync_dir(&self.dir).map_err(|error| (error, true))?;
            self.is_named = true;
        }
        self.file = Some(file);
        Ok(())
    }

    /// Goes on in another segment, where this one would become too large.
    fn next_segment(&mut self, bytes: u64) {
        if self.mark.offset > 0 && self.mark.offset + bytes > self.segment_size {
            // What may stand behind the end of this one is cut off before.
            if self.file.is_none() && self.reopen().is_err() {
                return;
            }
            self.mark = Mark::begin(self.mark.at);
            self.file = None;
            self.is_named = false;
        }
    }

    /// Opens the segment afresh, makes sure that what was acknowledged is there, and cuts off the rest. A file whose
    /// sync failed is not synced again: its next sync would succeed without having written anything.
    fn reopen(&mut self) -> std::io::Result<Arc<dyn DiskFile>> {
        let path = segment_file(&self.dir, self.mark.segment);
        let file = self.disk.open(&path)?;
        if self.mark.offset > 0 {
            let mut reached = Mark::begin(self.mark.segment);
            let until = self.mark.at;
            let found = scan(&*self.disk, &self.dir, reached, |commit, _| {
                Ok(if commit.end >= until {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                })
            });
            (reached, _) = found.map_err(std::io::Error::other)?;
            if reached != self.mark {
                let lost = format!(
                    "{} has lost records after {}; restore it from a copy",
                    path.display(),
                    reached.at
                );
                return Err(std::io::Error::other(lost));
            }
        }
        file.truncate(self.mark.offset)?;
        file.sync()?;
        self.may_be_there = false;
        Ok(file)
    }
}

/// The commit that begins at a mark, and its epoch.
fn last_commit(disk: &dyn Disk, dir: &Path, mark: Mark) -> Result<(LastCommit, Epoch), JournalError> {
    let mut last = None;
    scan(disk, dir, mark, |commit, _| {
        let (at, digest) = (commit.at, commit.digest());
        last = Some((LastCommit { at, digest }, commit.epoch));
        Ok(ControlFlow::Break(()))
    })?;
    last.ok_or(JournalError::Unavailable {
        message: "the last commit is gone; somebody else writes to the store".to_owned(),
    })
}

/// A segment ends before the next one begins.
pub(crate) fn broken_off(dir: &Path, found: Mark, next: Seq) -> JournalError {
    let (file, next) = (segment_file(dir, found.segment), segment_file(dir, next));
    JournalError::Corrupt {
        at: found.at,
        message: format!(
            "{} breaks off at byte {}, and goes on in {}",
            file.display(),
            found.offset,
            next.display()
        ),
    }
}
