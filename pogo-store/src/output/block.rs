//! The pieces that output is stored in.
//!
//! A block has a fixed size, so that the end of an attempt that writes much takes the place of what it wrote before:
//! nothing is ever moved, and no attempt takes more than it may. Each block says whose it is. What was written once in
//! it is not changed, as long as the block is that of the same bytes: chunks with checksums of their own are added, so
//! that a write that breaks off harms nothing before it.

use std::ops::Range;
use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::output::{OutputFrame, OutputSource, Stream};
use pogo_core::scheduler::{AttemptId, JobId};

/// The size of a block, which is that of a page: a process that is killed leaves none half written.
pub(crate) const BLOCK: usize = 4096;
const MAGIC: [u8; 4] = *b"pgo1";
const HEADER: usize = 32;
/// In front of each chunk: its checksum, when it came, and its length.
const CHUNK_HEADER: usize = 14;
/// Bytes that are written at once and came within so many milliseconds share their time.
const SAME_TIME: u64 = 1_000;

/// A run of bytes of one stream of an attempt, with the times at which they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) source: Arc<OutputSource>,
    pub(super) stream: Stream,
    pub(super) offset: u64,
    /// Whether it may be overwritten by what comes later.
    pub(super) is_tail: bool,
    chunks: Vec<(Timestamp, Vec<u8>)>,
    len: usize,
    /// How many of the chunks stand in the log.
    written: usize,
}

impl Block {
    pub(super) fn new(source: Arc<OutputSource>, stream: Stream, offset: u64, is_tail: bool) -> Self {
        Self {
            source,
            stream,
            offset,
            is_tail,
            chunks: vec![],
            len: 0,
            written: 0,
        }
    }

    /// How many bytes of output it has.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn end(&self) -> u64 {
        self.offset + self.len as u64
    }

    /// Takes as many of these bytes as there is room for, and says how many.
    pub(super) fn fill(&mut self, at: Timestamp, bytes: &[u8]) -> usize {
        let used = HEADER + self.source.host.as_str().len() + self.chunks.len() * CHUNK_HEADER + self.len;
        let same_time = |chunk: &&mut (Timestamp, Vec<u8>)| at.as_millis().abs_diff(chunk.0.as_millis()) < SAME_TIME;
        // A chunk in the log stays as it is: writing more into it would need another checksum.
        let unwritten = self.chunks.get_mut(self.written..).unwrap_or_default();
        let last = unwritten.last_mut().filter(same_time);
        let header = if last.is_some() { 0 } else { CHUNK_HEADER };
        let room = BLOCK.saturating_sub(used + header).min(bytes.len());
        let taken = bytes.get(..room).unwrap_or_default();
        if taken.is_empty() {
            return 0;
        }
        match last {
            Some((_, chunk)) => chunk.extend_from_slice(taken),
            None => self.chunks.push((at, taken.to_vec())),
        }
        self.len += taken.len();
        taken.len()
    }

    /// What it has within a range of offsets.
    pub(super) fn frames(&self, range: &Range<u64>) -> Vec<OutputFrame> {
        let mut offset = self.offset;
        let frame = |(at, bytes): &(Timestamp, Vec<u8>)| {
            let (begin, end) = (offset, offset + bytes.len() as u64);
            offset = end;
            let from = range.start.clamp(begin, end);
            let to = range.end.clamp(from, end);
            // Both are within the chunk.
            let index = |offset: u64| usize::try_from(offset - begin).unwrap_or(usize::MAX);
            let bytes = bytes.get(index(from)..index(to)).filter(|bytes| !bytes.is_empty())?;
            Some(OutputFrame::new(
                Arc::clone(&self.source),
                self.stream,
                from,
                *at,
                bytes,
            ))
        };
        self.chunks.iter().filter_map(frame).collect()
    }

    /// Its stored form, if there is something in it that does not stand in the log yet.
    pub(super) fn encode_new(&mut self) -> Option<Vec<u8>> {
        let is_new = self.written < self.chunks.len();
        self.written = self.chunks.len();
        is_new.then(|| self.encode())
    }

    fn encode(&self) -> Vec<u8> {
        let host = self.source.host.as_str().as_bytes();
        // Neither is longer than a block.
        let short = |len: usize| u16::try_from(len).unwrap_or(u16::MAX).to_le_bytes();
        let stream = Stream::ALL.iter().position(|stream| *stream == self.stream);
        let stream = stream.and_then(|index| u8::try_from(index).ok()).unwrap_or(u8::MAX);
        let mut header = Vec::with_capacity(BLOCK);
        header.extend(MAGIC);
        header.extend(self.source.attempt.number().to_le_bytes());
        header.extend(self.offset.to_le_bytes());
        header.extend(short(host.len()));
        // The zeros fill up the 32 bytes of `HEADER`, with the checksum in front.
        header.extend([stream, u8::from(self.is_tail), 0, 0, 0, 0]);
        header.extend(host);
        let identity = crc32fast::hash(&header);
        let mut bytes = identity.to_le_bytes().to_vec();
        bytes.extend(header);
        for (at, chunk) in &self.chunks {
            let mut body = at.as_millis().to_le_bytes().to_vec();
            body.extend(short(chunk.len()));
            body.extend(chunk);
            // With the identity in it: where a write broke off, chunks of the block that was overwritten follow.
            bytes.extend(chunk_crc(identity, bytes.len(), &body).to_le_bytes());
            bytes.extend(body);
        }
        bytes.resize(BLOCK, 0);
        bytes
    }

    /// Reads a block of a job's log, up to the first chunk that is not as it was written. `None` if the block is not.
    pub(super) fn decode(job: JobId, bytes: &[u8]) -> Option<Self> {
        let (crc, mut rest) = bytes.split_first_chunk::<4>()?;
        let identity = u32::from_le_bytes(*crc);
        let header = rest;
        (take(&mut rest)? == MAGIC).then_some(())?;
        let attempt = u64::from_le_bytes(take(&mut rest)?);
        let offset = u64::from_le_bytes(take(&mut rest)?);
        let host = usize::from(u16::from_le_bytes(take(&mut rest)?));
        let [stream, is_tail, ..] = take::<6>(&mut rest)?;
        (crc32fast::hash(header.get(..HEADER - 4 + host)?) == identity).then_some(())?;
        let host = std::str::from_utf8(rest.get(..host)?).ok()?;
        let source = OutputSource::new(job, host.parse().ok()?, AttemptId::new(attempt));
        let stream = *Stream::ALL.get(usize::from(stream))?;
        let mut block = Self::new(Arc::new(source), stream, offset, is_tail == 1);
        let mut position = HEADER + host.len();
        while let Some((at, chunk)) = next_chunk(identity, position, bytes) {
            position += CHUNK_HEADER + chunk.len();
            block.len += chunk.len();
            block.chunks.push((at, chunk.to_vec()));
        }
        block.written = block.chunks.len();
        // Of one that was being begun there is nothing yet.
        (block.len > 0).then_some(block)
    }
}

/// The checksum of a chunk, which differs from that of the same bytes in another block or at another position.
fn chunk_crc(identity: u32, position: usize, body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&identity.to_le_bytes());
    hasher.update(&(position as u64).to_le_bytes());
    hasher.update(body);
    hasher.finalize()
}

/// The chunk at this position of a block, if one stands there.
fn next_chunk(identity: u32, position: usize, block: &[u8]) -> Option<(Timestamp, &[u8])> {
    let mut rest = block.get(position..)?;
    let crc = u32::from_le_bytes(take(&mut rest)?);
    let body = rest;
    let at = u64::from_le_bytes(take(&mut rest)?);
    let len = usize::from(u16::from_le_bytes(take(&mut rest)?));
    let chunk = rest.get(..len).filter(|chunk| !chunk.is_empty())?;
    let body = body.get(..CHUNK_HEADER - 4 + len)?;
    (chunk_crc(identity, position, body) == crc).then_some((Timestamp::from_millis(at), chunk))
}

/// Takes so many bytes from the front.
fn take<const LEN: usize>(bytes: &mut &[u8]) -> Option<[u8; LEN]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block() -> Block {
        let source = OutputSource::new(JobId::new(7), "web1".parse().unwrap(), AttemptId::new(3));
        let mut block = Block::new(Arc::new(source), Stream::Stderr, 100, true);
        assert_eq!(block.fill(Timestamp::from_millis(5_000), b"one, "), 5);
        assert_eq!(block.fill(Timestamp::from_millis(5_999), b"two, "), 5);
        assert_eq!(block.fill(Timestamp::from_millis(6_000), b"three"), 5);
        block
    }

    #[test]
    fn a_block_is_read_as_it_was_written() {
        let mut block = block();
        let bytes = block.encode_new().unwrap();
        assert_eq!((bytes.len(), block.encode_new()), (BLOCK, None));
        assert_eq!(Block::decode(JobId::new(7), &bytes), Some(block.clone()));
        let frames = block.frames(&(103..112));
        let texts: Vec<_> = frames
            .iter()
            .map(|frame| (frame.at.as_millis(), frame.offset, &*frame.bytes))
            .collect();
        assert_eq!(texts, [(5_000, 103, &b", two, "[..]), (6_000, 110, b"th")]);
    }

    #[test]
    fn the_form_of_a_block_is_for_ever() {
        let bytes = block().encode();
        let (used, rest) = bytes.split_at(79);
        assert!(rest.iter().all(|byte| *byte == 0));
        let expected = [
            r"(R\xac\npgo1\x03\x00\x00\x00\x00\x00\x00\x00d\x00\x00\x00\x00\x00\x00\x00\x04\x00\x01\x01\x00\x00\x00\x00web1",
            r"\x15\xd9\x80I\x88\x13\x00\x00\x00\x00\x00\x00\n\x00one, two, ",
            r"\x1b\xd7\xd9\np\x17\x00\x00\x00\x00\x00\x00\x05\x00three",
        ];
        assert_eq!(used.escape_ascii().to_string(), expected.concat());
    }

    #[test]
    fn what_is_added_to_a_block_changes_nothing_before_it() {
        let mut block = block();
        let before = block.encode_new().unwrap();
        assert_eq!(block.fill(Timestamp::from_millis(6_000), b", four"), 6);
        let after = block.encode_new().unwrap();
        assert_eq!(after[..79], before[..79]);
        // Wherever the write breaks off, what was there is read.
        for end in 79..120 {
            let mut torn = before.clone();
            torn[..end].copy_from_slice(&after[..end]);
            let read = Block::decode(JobId::new(7), &torn).unwrap();
            assert_eq!(read.len(), if end < 79 + 20 { 15 } else { 21 }, "{end}");
        }
    }

    #[test]
    fn a_bit_that_is_flipped_in_a_block_is_found() {
        let bytes = block().encode();
        for bit in 0..79 * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let read = Block::decode(JobId::new(7), &flipped);
            assert!(read.is_none_or(|read| read.len() < 15), "bit {bit}");
        }
    }

    #[test]
    fn a_block_takes_no_more_than_it_has_room_for() {
        let mut block = block();
        let many = [b'x'; BLOCK];
        let taken = block.fill(Timestamp::from_millis(9_000), &many);
        assert!(taken > 3_900 && taken < BLOCK);
        assert_eq!(block.fill(Timestamp::from_millis(9_000), &many), 0);
        let bytes = block.encode_new().unwrap();
        assert_eq!(Block::decode(JobId::new(7), &bytes), Some(block));
    }
}
