//! Commits as lines of a segment.

use std::io::Write;

use memchr::{memchr, memmem};
use pogo_core::Digest;
use pogo_core::journal::{Commit, Epoch, FORMAT_VERSION, JournalError, Seq};
use pogo_core::scheduler::Record;
use serde::Deserialize;

use crate::checked_line::{OVERHEAD, checked, object, push_fields};

/// What the journal says of a record, in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
struct Position {
    seq: Seq,
    epoch: Epoch,
    /// In the first record of a commit alone.
    #[serde(flatten)]
    begins: Option<CommitHeader>,
}

/// What the first record of a commit says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
struct CommitHeader {
    version: u32,
    /// How many records.
    of: usize,
    /// How many bytes of lines, this one's included.
    bytes: usize,
}

/// The bytes of most records.
const RECORD: usize = 192;

/// The least that a disk writes at once.
const SECTOR: usize = 512;

/// A commit in its stored form.
#[derive(Debug)]
pub(crate) struct EncodedCommit {
    pub(crate) at: Seq,
    pub(crate) end: Seq,
    pub(crate) lines: Vec<u8>,
    /// Of its records, whoever owns the journal.
    pub(crate) digest: Digest,
}

/// A whole commit, as it was found.
#[derive(Debug)]
pub(crate) struct FoundCommit<'a> {
    pub(crate) at: Seq,
    pub(crate) end: Seq,
    pub(crate) epoch: Epoch,
    /// How many bytes its lines take.
    pub(crate) len: usize,
    records: Vec<&'a [u8]>,
}

/// What follows at a position of a segment.
#[derive(Debug)]
pub(crate) enum NextCommit<'a> {
    /// A whole commit.
    Commit(FoundCommit<'a>),
    /// A commit that is shorter than it says, or nothing at all: it was never acknowledged.
    Torn,
}

/// Something else than what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommitDamage {
    pub(crate) at: Seq,
    /// How many bytes of what was looked at come before it.
    pub(crate) offset: usize,
    pub(crate) message: String,
    /// It is as it was written, by a newer version.
    pub(crate) is_newer: bool,
}

impl EncodedCommit {
    /// Encodes the records of a commit.
    pub(crate) fn new(commit: &Commit, epoch: Epoch, max: usize) -> Result<Self, JournalError> {
        // A line each, of which the last has no end.
        let mut text = Vec::with_capacity(commit.records.len() * RECORD);
        let mut objects = Vec::with_capacity(commit.records.len());
        for record in &commit.records {
            if !objects.is_empty() {
                text.push(b'\n');
            }
            let begin = text.len();
            record
                .write_json(&mut text)
                .map_err(|error| JournalError::Unavailable {
                    message: format!("a record cannot be written as JSON: {error}"),
                })?;
            // The rest of what is much too large is not written out before it is refused.
            if text.len() >= max {
                return Err(JournalError::TooLarge { max });
            }
            objects.push(begin..text.len());
        }
        let objects = objects.into_iter().map(|object| text.get(object).unwrap_or_default());
        Ok(Self {
            at: commit.at,
            end: commit.end(),
            lines: lines(commit.at, epoch, &objects.collect::<Vec<_>>()),
            // Without the epoch: a commit whose answer was lost is proposed again by the next owner,
            // and is then found to be there.
            digest: Digest::of(&text),
        })
    }
}

fn lines(at: Seq, epoch: Epoch, objects: &[&[u8]]) -> Vec<u8> {
    let first = |bytes| CommitHeader {
        version: FORMAT_VERSION,
        of: objects.len(),
        bytes,
    };
    let position = |index: usize, bytes| Position {
        seq: Seq(at.0 + index as u64),
        epoch,
        begins: (index == 0).then(|| first(bytes)),
    };
    let rest = |(index, object): (usize, &&[u8])| position(index, 0).len() + object.len() - 1 + OVERHEAD;
    let without_its_length: usize = objects.iter().enumerate().map(rest).sum();
    let mut bytes = without_its_length;
    // The length has its own digits in it.
    // Ends: more digits make it longer by one at most, and then the number of digits is right.
    while without_its_length + digits(bytes as u64) - 1 != bytes {
        bytes = without_its_length + digits(bytes as u64) - 1;
    }
    let mut lines = Vec::with_capacity(bytes);
    for (index, record) in objects.iter().enumerate() {
        push_fields(&mut lines, |lines| {
            position(index, bytes).push(lines);
            lines.extend_from_slice(record.get(1..).unwrap_or_default());
        });
    }
    debug_assert_eq!(lines.len(), bytes, "a commit has the length that it says");
    lines
}

/// Written by hand: serde took as long for the position as for the record.
impl Position {
    const BEGIN: &str = "\"journal\":{\"seq\":";
    const EPOCH: &str = ",\"epoch\":";
    const VERSION: &str = ",\"version\":";
    const OF: &str = ",\"of\":";
    const BYTES: &str = ",\"bytes\":";
    const END: &str = "},";

    /// The numbers and what stands before each.
    fn parts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let header = self.begins.map(|CommitHeader { version, of, bytes }| {
            [
                (Self::VERSION, u64::from(version)),
                (Self::OF, of as u64),
                (Self::BYTES, bytes as u64),
            ]
        });
        let position = [(Self::BEGIN, self.seq.0), (Self::EPOCH, self.epoch.0)];
        position.into_iter().chain(header.into_iter().flatten())
    }

    /// How many bytes of an object it takes, the brace in front included.
    fn len(&self) -> usize {
        let parts = self.parts().map(|(before, number)| before.len() + digits(number));
        1 + parts.sum::<usize>() + Self::END.len()
    }

    /// Appends it, without the brace in front.
    fn push(&self, fields: &mut Vec<u8>) {
        for (before, number) in self.parts() {
            fields.extend_from_slice(before.as_bytes());
            // A vector takes all.
            let _ = write!(fields, "{number}");
        }
        fields.extend_from_slice(Self::END.as_bytes());
    }
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

impl FoundCommit<'_> {
    /// Its records from a position on.
    pub(crate) fn records(&self, from: Seq) -> Result<Vec<Record>, JournalError> {
        let skipped = usize::try_from(from.0.saturating_sub(self.at.0)).unwrap_or(usize::MAX);
        let rest = (self.at.0..).zip(&self.records).skip(skipped);
        rest.map(|(at, fields)| {
            let read = serde_json::from_slice::<Record>(&object(fields));
            // Its checksum vouches for it: some version wrote it, and this one does not know it.
            read.map_err(|error| JournalError::Corrupt {
                at: Seq(at),
                message: format!("the record is whole, and this version of pogo cannot read it: {error}"),
            })
        })
        .collect()
    }

    /// The digest of its records, as [`EncodedCommit::digest`].
    pub(crate) fn digest(&self) -> Digest {
        let objects: Vec<_> = self.records.iter().map(|fields| object(fields)).collect();
        Digest::of(&objects.join(&b'\n'))
    }

    /// The text of its records.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (Seq, &[u8])> {
        (self.at.0..).map(Seq).zip(self.records.iter().copied())
    }
}

/// What follows at this position of the journal, where a segment goes on with these bytes to its end.
pub(crate) fn next_commit(bytes: &[u8], at: Seq) -> Result<NextCommit<'_>, CommitDamage> {
    let Some(line) = memchr(b'\n', bytes).and_then(|end| bytes.get(..end)) else {
        return match said_length(bytes) {
            // The bytes are there that the commit says it has, so it was written whole and has
            // changed since.
            Some(said) if bytes.len() >= said => Err(damage(at, 0, "a line has no end")),
            _ => Ok(NextCommit::Torn),
        };
    };
    let (first, fields) = position(line, at, 0)?;
    let Some(header) = first.begins else {
        return Err(damage(at, 0, "a commit begins without saying how long it is"));
    };
    if header.version > FORMAT_VERSION {
        return Err(CommitDamage {
            is_newer: true,
            ..damage(at, 0, format!("the record is of version {}", header.version))
        });
    }
    let Some(whole) = bytes.get(..header.bytes) else {
        // The lines that are there were written whole; one that is not was not written.
        return verify_lines(bytes, at, first.epoch).map(|()| NextCommit::Torn);
    };
    let mut records = vec![fields];
    let mut offset = line.len() + 1;
    for index in 1..header.of {
        let seq = Seq(at.0 + index as u64);
        let rest = whole.get(offset..).unwrap_or_default();
        let line = memchr(b'\n', rest).and_then(|end| rest.get(..end));
        let line = line.ok_or_else(|| damage(seq, offset, "a line has no end"))?;
        let (next, fields) = position(line, seq, offset)?;
        if next.begins.is_some() || next.epoch != first.epoch {
            return Err(damage(seq, offset, "a record is of another commit"));
        }
        records.push(fields);
        offset += line.len() + 1;
    }
    if offset != header.bytes {
        return Err(damage(at, 0, "a commit is longer than it says"));
    }
    Ok(NextCommit::Commit(FoundCommit {
        at,
        end: Seq(at.0 + header.of as u64),
        epoch: first.epoch,
        len: offset,
        records,
    }))
}

/// The length that a commit says that has less than a line.
fn said_length(line: &[u8]) -> Option<usize> {
    let text = String::from_utf8_lossy(line);
    let (_, after) = text.split_once("\"bytes\":")?;
    after.split_once('}')?.0.parse().ok()
}

/// Whether the lines of a commit that lacks its end are as they were written.
fn verify_lines(bytes: &[u8], at: Seq, epoch: Epoch) -> Result<(), CommitDamage> {
    let (mut offset, mut seq) = (0, at);
    while let Some(rest) = bytes.get(offset..)
        && let Some(line) = memchr(b'\n', rest).and_then(|end| rest.get(..end))
    {
        let (next, _) = position(line, seq, offset)?;
        if next.epoch != epoch || (next.begins.is_some() && seq != at) {
            return Err(damage(seq, offset, "a record is of another commit"));
        }
        offset += line.len() + 1;
        seq.0 += 1;
    }
    Ok(())
}

/// The position that a line says, and the fields of its record.
fn position(line: &[u8], at: Seq, offset: usize) -> Result<(Position, &[u8]), CommitDamage> {
    let fields = checked(line).ok_or_else(|| damage(at, offset, "a line has another checksum than it says"))?;
    let inner = fields.strip_prefix(b"\"journal\":");
    let inner = inner.ok_or_else(|| damage(at, offset, "a line has no position"))?;
    // The position has no braces in it, so its end is found without a parser; a segment is read far
    // more often than records are.
    let end = memchr(b'}', inner).map_or(0, |brace| brace + 1);
    let (position, record) = inner.split_at(end);
    let position: Position = serde_json::from_slice(position)
        .map_err(|error| damage(at, offset, format!("a line has no position: {error}")))?;
    if position.seq != at {
        return Err(damage(at, offset, format!("record {} stands there", position.seq)));
    }
    Ok((position, record.strip_prefix(b",").unwrap_or(record)))
}

/// The position and the fields of a line by itself, if it is as it was written.
pub(crate) fn line_alone(line: &[u8]) -> Option<(Seq, &[u8])> {
    let inner = checked(line)?.strip_prefix(b"\"journal\":")?;
    let (position, record) = inner.split_at_checked(memchr(b'}', inner)? + 1)?;
    let position: Position = serde_json::from_slice(position).ok()?;
    Some((position.seq, record.strip_prefix(b",").unwrap_or(record)))
}

fn damage(at: Seq, offset: usize, message: impl Into<String>) -> CommitDamage {
    CommitDamage {
        at,
        offset,
        message: message.into(),
        is_newer: false,
    }
}

/// Whether these bytes, which end with their segment, were never written whole, although the segment is as long as if
/// they had been: after a power cut a filesystem may have whole sectors of zeros, or zeros to the end, where no line
/// has any. What was acknowledged is followed by other commits sooner or later; so where one begins behind them, they
/// are damaged.
pub(crate) fn is_unwritten(bytes: &[u8]) -> bool {
    let has_hole = memmem::find(bytes, &[0; SECTOR]).is_some();
    let is_open = bytes.first() == Some(&0) || bytes.last() == Some(&0);
    let begins_commit = |line: &[u8]| {
        let fields = checked(line).and_then(|fields| fields.strip_prefix(b"\"journal\":"));
        let position = fields.and_then(|inner| inner.get(..=memchr(b'}', inner)?));
        position.is_some_and(|position| {
            serde_json::from_slice::<Position>(position).is_ok_and(|position| position.begins.is_some())
        })
    };
    let rest_begins = memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1);
    let rest = bytes.get(rest_begins..).unwrap_or_default();
    (has_hole || is_open) && !rest.split(|byte| *byte == b'\n').any(begins_commit)
}
