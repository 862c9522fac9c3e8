//! The form of the list on disk: lines that are added, and a position up to which they are complete.

use std::collections::BTreeMap;

use pogo_core::history::{JobEntry, JobProgress, Submission};
use pogo_core::journal::Seq;
use pogo_core::scheduler::JobId;
use serde::{Deserialize, Serialize};

use super::table::JobTable;
use crate::checked_line::{checked, object, push_line};
use crate::journal::Mark;

/// The version that this crate writes, and the newest that it reads. A list of another is written anew.
const VERSION: u32 = 1;

/// A line. What changes of a job often stands by itself.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    /// The first one.
    Header {
        version: u32,
    },
    /// A job that the list has not named before.
    Submitted {
        job: JobId,
        submitted: Submission,
    },
    Progress {
        job: JobId,
        progress: JobProgress,
    },
    /// The lines so far have all records before it.
    Position {
        position: StoredMark,
    },
}

/// Where the record of a position stands in the journal, so that nobody has to look for it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct StoredMark {
    seq: Seq,
    segment: Seq,
    offset: u64,
}

impl From<Mark> for StoredMark {
    fn from(mark: Mark) -> Self {
        Self {
            seq: mark.at,
            segment: mark.segment,
            offset: mark.offset,
        }
    }
}

fn push(lines: &mut Vec<u8>, line: &Line) {
    // Text and numbers can always be written; a line that cannot be read is found when the list is.
    push_line(lines, &serde_json::to_vec(line).unwrap_or_default());
}

/// The whole list, as it is written anew.
pub(super) fn encode(table: &JobTable, mark: Mark) -> Vec<u8> {
    let mut lines = vec![];
    push(&mut lines, &Line::Header { version: VERSION });
    for entry in table.jobs.values() {
        push_entry(&mut lines, entry);
    }
    push_position(&mut lines, mark);
    lines
}

fn push_entry(lines: &mut Vec<u8>, entry: &JobEntry) {
    let job = entry.job;
    let submitted = entry.submitted.clone();
    push(lines, &Line::Submitted { job, submitted });
    push_progress(lines, entry);
}

fn push_progress(lines: &mut Vec<u8>, entry: &JobEntry) {
    let (job, progress) = (entry.job, entry.progress);
    push(lines, &Line::Progress { job, progress });
}

fn push_position(lines: &mut Vec<u8>, mark: Mark) {
    push(lines, &Line::Position { position: mark.into() });
}

/// What is added for these changes.
pub(super) fn encode_changes<'a>(changed: impl Iterator<Item = (&'a JobEntry, bool)>, mark: Mark) -> Vec<u8> {
    let mut lines = vec![];
    for (entry, is_new) in changed {
        if is_new {
            push_entry(&mut lines, entry);
        } else {
            push_progress(&mut lines, entry);
        }
    }
    push_position(&mut lines, mark);
    lines
}

/// A list as it was found.
#[derive(Debug)]
pub(super) struct FoundList {
    pub(super) table: JobTable,
    pub(super) mark: Mark,
}

/// Reads a list up to the last position in it. `None` if any line before is not as it was written, or of a newer
/// version: the list is to be made anew.
pub(super) fn decode(bytes: &[u8]) -> Option<FoundList> {
    let (len, position) = last_position(bytes)?;
    let mut lines = bytes.get(..len)?.split(|byte| *byte == b'\n');
    let Line::Header { version: VERSION } = read(lines.next()?)? else {
        return None;
    };
    let mut submitted: BTreeMap<JobId, &[u8]> = BTreeMap::new();
    let mut progress: BTreeMap<JobId, &[u8]> = BTreeMap::new();
    // Of many lines of a job the last one counts: the others are not read, but for their checksums.
    for line in lines.filter(|line| !line.is_empty()) {
        let fields = checked(line)?;
        if let Some((job, what)) = job_and_kind(fields) {
            if what.starts_with(b"\"progress\"") {
                progress.insert(job, line);
            } else {
                submitted.insert(job, line);
            }
        }
    }
    let mut table = JobTable::default();
    table.upto = position.seq;
    for (job, line) in submitted {
        let Line::Submitted { submitted, .. } = read(line)? else {
            return None;
        };
        let mut entry = JobEntry::new(job, submitted);
        if let Some(line) = progress.get(&job) {
            let Line::Progress { progress, .. } = read(line)? else {
                return None;
            };
            entry.progress = progress;
        }
        table.jobs.insert(job, entry);
    }
    let mark = Mark {
        segment: position.segment,
        offset: position.offset,
        at: position.seq,
    };
    Some(FoundList { table, mark })
}

/// The rows of a list that can be read, whatever is wrong with the rest.
pub(super) fn salvage(bytes: &[u8]) -> BTreeMap<JobId, JobEntry> {
    let mut jobs = BTreeMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        match read(line) {
            Some(Line::Submitted { job, submitted }) => _ = jobs.insert(job, JobEntry::new(job, submitted)),
            Some(Line::Progress { job, progress }) => {
                if let Some(entry) = jobs.get_mut(&job) {
                    entry.progress = progress;
                }
            }
            _ => {}
        }
    }
    jobs
}

/// Where the first line of a list begins that is not as it was written. The last one may be being written.
pub(crate) fn damaged_line(bytes: &[u8]) -> Option<usize> {
    let mut offset = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if line.strip_suffix(b"\n").is_some_and(|line| checked(line).is_none()) {
            return Some(offset);
        }
        offset += line.len();
    }
    None
}

fn read(line: &[u8]) -> Option<Line> {
    serde_json::from_slice(&object(checked(line)?)).ok()
}

/// The last position, and where its line ends.
fn last_position(bytes: &[u8]) -> Option<(usize, StoredMark)> {
    // From the end: a position stands behind each change, so it is the last line or near it.
    let mut end = memchr::memrchr(b'\n', bytes)?;
    loop {
        let before = bytes.get(..end)?;
        let begin = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        if let Some(Line::Position { position }) = read(bytes.get(begin..end)?) {
            return Some((end + 1, position));
        }
        end = begin.checked_sub(1)?;
    }
}

/// The job that a line is of, and its next field, without reading the rest.
fn job_and_kind(fields: &[u8]) -> Option<(JobId, &[u8])> {
    let rest = fields.strip_prefix(b"\"job\":")?;
    let digits = memchr::memchr(b',', rest)?;
    let (number, rest) = rest.split_at_checked(digits)?;
    let number = std::str::from_utf8(number).ok()?.parse().ok()?;
    Some((JobId::new(number), rest.get(1..)?))
}
