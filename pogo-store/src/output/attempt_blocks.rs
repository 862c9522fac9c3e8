//! What is kept of one attempt that may still write.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use pogo_core::output::{OutputFrame, OutputSource, Stream};

use super::block::Block;
use super::found_block::FoundBlock;
use super::stream_blocks::{BlockRef, StreamBlocks};

/// The blocks of an attempt: the first half of those that it may have stay, and the others are overwritten in turn.
#[derive(Debug)]
pub(super) struct AttemptBlocks {
    pub(super) source: Arc<OutputSource>,
    streams: [StreamBlocks; Stream::ALL.len()],
    head_blocks: usize,
}

/// Blocks that are to be written, by their numbers.
pub(super) type Dirty = BTreeMap<u64, Vec<u8>>;

/// Has a block written that takes no more.
fn write_out(block: Option<(u64, Block)>, dirty: &mut Dirty) {
    if let Some((number, mut block)) = block
        && let Some(bytes) = block.encode_new()
    {
        dirty.insert(number, bytes);
    }
}

impl AttemptBlocks {
    pub(super) fn new(source: Arc<OutputSource>) -> Self {
        Self {
            source,
            streams: Default::default(),
            head_blocks: 0,
        }
    }

    /// An attempt of which these blocks were found, if any were. The last of each stream is given as it stands in the
    /// log, if there may be room in it.
    pub(super) fn found(
        mut blocks: Vec<FoundBlock>,
        last: impl Fn(u64) -> io::Result<Option<Block>>,
    ) -> io::Result<Option<Self>> {
        // Not by their numbers: a block that was overwritten has a low one, and a late part of the
        // output.
        blocks.sort_by_key(|found| found.block.offset);
        let Some(first) = blocks.first() else { return Ok(None) };
        let mut attempt = Self::new(Arc::clone(&first.source));
        let mut lasts = BTreeMap::new();
        for FoundBlock { stream, block, .. } in blocks {
            attempt.head_blocks += usize::from(!block.is_tail);
            let of_stream = attempt.stream_mut(stream);
            of_stream.push(block);
            of_stream.length = of_stream.length.max(block.offset + block.len);
            lasts.insert(stream, block.number);
        }
        for (stream, number) in lasts {
            attempt.stream_mut(stream).open = last(number)?.map(|block| (number, block));
        }
        Ok(Some(attempt))
    }

    pub(super) fn stream(&self, stream: Stream) -> &StreamBlocks {
        let [stdout, stderr, note] = &self.streams;
        match stream {
            Stream::Stdout => stdout,
            Stream::Stderr => stderr,
            Stream::Note => note,
        }
    }

    fn stream_mut(&mut self, stream: Stream) -> &mut StreamBlocks {
        let [stdout, stderr, note] = &mut self.streams;
        match stream {
            Stream::Stdout => stdout,
            Stream::Stderr => stderr,
            Stream::Note => note,
        }
    }

    /// Takes what is new of a frame, in at most so many blocks for the attempt. `next` is the number of the next block
    /// of the log.
    pub(super) fn push(&mut self, frame: &OutputFrame, max_blocks: usize, next: &mut u64, dirty: &mut Dirty) {
        // A frame is sent again where its answer was lost; what is known of it already is left out.
        let known = self.stream(frame.stream).length.saturating_sub(frame.offset);
        let known = usize::try_from(known).unwrap_or(usize::MAX);
        let mut rest = frame.bytes.get(known..).unwrap_or_default();
        let mut offset = frame.end() - rest.len() as u64;
        while !rest.is_empty() {
            // After a gap another block begins: within one, bytes follow each other.
            let open = self.stream_mut(frame.stream).open.take();
            let (number, mut block) = match open {
                Some((number, block)) if block.end() == offset => (number, block),
                before => {
                    write_out(before, dirty);
                    self.begin(frame.stream, offset, max_blocks, next)
                }
            };
            let taken = block.fill(frame.at, rest);
            rest = rest.get(taken..).unwrap_or_default();
            offset += taken as u64;
            let stream = self.stream_mut(frame.stream);
            stream.length = offset;
            stream.set_last_len(block.len() as u64);
            // A block that takes nothing is full. Kept open it would be tried again without end.
            if taken > 0 {
                stream.open = Some((number, block));
            } else {
                write_out(Some((number, block)), dirty);
            }
        }
    }

    /// Has written what was taken.
    pub(super) fn flush(&mut self, dirty: &mut Dirty) {
        for stream in &mut self.streams {
            if let Some((number, block)) = &mut stream.open
                && let Some(bytes) = block.encode_new()
            {
                dirty.insert(*number, bytes);
            }
        }
    }

    /// Begins another block: a new one of the log, or the oldest that may be overwritten.
    fn begin(&mut self, stream: Stream, offset: u64, max_blocks: usize, next: &mut u64) -> (u64, Block) {
        // The beginning says what was run, the end why it failed; what lies between is given up.
        let is_tail = self.head_blocks >= max_blocks / 2;
        let tail: usize = self.streams.iter().map(StreamBlocks::tail_len).sum();
        let given_up = if is_tail && tail >= max_blocks - max_blocks / 2 {
            // The stream with the most of it gives way, so that a talkative one hides no other.
            let longest = self.streams.iter_mut().max_by_key(|stream| stream.tail_len());
            longest.and_then(StreamBlocks::give_up)
        } else {
            None
        };
        let number = given_up.map_or(*next, |block| block.number);
        if given_up.is_none() {
            *next += 1;
        }
        self.head_blocks += usize::from(!is_tail);
        self.stream_mut(stream).push(BlockRef {
            number,
            offset,
            len: 0,
            is_tail,
        });
        let block = Block::new(Arc::clone(&self.source), stream, offset, is_tail);
        (number, block)
    }
}
