//! Reading records while somebody may append.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use pogo_core::journal::{JournalError, Page, Seq};
use pogo_core::scheduler::Record;

use super::segments::{Mark, list_segments, scan};
use super::writer::broken_off;
use crate::disk::Disk;
use crate::error::unavailable;

/// Reads any part of a journal. It remembers positions where commits begin, so that each of successive pages costs the
/// same.
#[derive(Debug)]
pub(crate) struct JournalReader {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    marks: Mutex<BTreeMap<Seq, Mark>>,
}

/// A page is done when it has so many records, or so many bytes of them; then its last commit is read to its end.
const PAGE_RECORDS: usize = 10_000;
const PAGE_BYTES: u64 = 4 << 20;
/// How many positions are remembered.
const MARKS: usize = 256;

impl JournalReader {
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: PathBuf) -> Self {
        Self {
            disk,
            dir,
            marks: Mutex::default(),
        }
    }

    /// The records from a position on, of the commits that end at `visible` or before.
    pub(crate) fn read(&self, from: Seq, visible: Option<Seq>) -> Result<Page, JournalError> {
        loop {
            let mark = self.mark_before(from)?;
            let answer = match mark {
                Some(mark) => self.read_page(mark, from, visible),
                None => Ok(Page::new(vec![], from)),
            };
            match answer {
                // What was remembered may be of records that were cut off since, as they were never acknowledged.
                Err(JournalError::Corrupt { .. }) if mark.is_some_and(|mark| mark.offset > 0) => self.forget(),
                // The segment may have been compacted just now.
                Err(error) => match self.mark_before(from) {
                    Err(compacted) => return Err(compacted),
                    Ok(_) => return Err(error),
                },
                Ok(page) => return Ok(page),
            }
        }
    }

    fn read_page(&self, mut mark: Mark, from: Seq, visible: Option<Seq>) -> Result<Page, JournalError> {
        let mut page = Page::new(vec![], from);
        loop {
            let began = mark.offset;
            // Asked before: a segment that has a next one is complete.
            let segments = list_segments(&*self.disk, &self.dir).map_err(unavailable)?;
            let mut is_full = false;
            let (reached, rest) = scan(&*self.disk, &self.dir, mark, |commit, at| {
                if visible.is_some_and(|visible| commit.end > visible) {
                    is_full = true;
                    return Ok(ControlFlow::Break(()));
                }
                if commit.end > from {
                    self.remember(at);
                    let records: Vec<Record> = commit.records(page.next)?;
                    page.records.extend(records);
                    page.next = commit.end;
                }
                is_full = page.records.len() >= PAGE_RECORDS || at.offset - began >= PAGE_BYTES;
                is_full &= !page.records.is_empty();
                Ok(if is_full {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                })
            })?;
            if is_full {
                return Ok(page);
            }
            self.remember(reached);
            let Some(next) = segments.into_iter().find(|first| *first > mark.segment) else {
                return Ok(page);
            };
            if next != reached.at || rest {
                return Err(broken_off(&self.dir, reached, next));
            }
            mark = Mark::begin(next);
        }
    }

    /// Where to begin to read, so that this position is found. `None` where there are no records at all.
    fn mark_before(&self, from: Seq) -> Result<Option<Mark>, JournalError> {
        let segments = list_segments(&*self.disk, &self.dir).map_err(unavailable)?;
        let Some(first) = segments.first() else {
            return Ok(None);
        };
        let Some(segment) = segments.iter().rev().find(|segment| **segment <= from) else {
            return Err(JournalError::Compacted { first: *first });
        };
        let marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        let known = marks.range(..=from).next_back().map(|(_, mark)| *mark);
        let known = known.filter(|mark| mark.segment == *segment);
        Ok(Some(known.unwrap_or(Mark::begin(*segment))))
    }

    /// Remembers a place where a commit begins, or did: one that is no longer there is forgotten again.
    pub(crate) fn remember(&self, mark: Mark) {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        if marks.len() >= MARKS {
            // Whoever follows reads at the end; others begin with their segment.
            marks.pop_first();
        }
        marks.insert(mark.at, mark);
    }

    fn forget(&self) {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
