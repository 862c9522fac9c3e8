//! Where the output of one stream is.

use std::collections::VecDeque;
use std::ops::Range;

use super::block::Block;

/// A block of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockRef {
    /// Its number in the log.
    pub(super) number: u64,
    pub(super) offset: u64,
    /// How many bytes of output it has.
    pub(super) len: u64,
    pub(super) is_tail: bool,
}

/// The blocks of a stream that are kept, in the order of their offsets.
#[derive(Debug, Clone, Default)]
pub(super) struct StreamBlocks {
    head: Vec<BlockRef>,
    tail: VecDeque<BlockRef>,
    /// The last one, while there is room in it.
    pub(super) open: Option<(u64, Block)>,
    /// The offset of what comes next.
    pub(super) length: u64,
}

impl StreamBlocks {
    /// Adds the block that follows.
    pub(super) fn push(&mut self, block: BlockRef) {
        if block.is_tail {
            self.tail.push_back(block);
        } else {
            self.head.push(block);
        }
    }

    /// The last block has so many bytes now.
    pub(super) fn set_last_len(&mut self, len: u64) {
        if let Some(last) = self.tail.back_mut().or(self.head.last_mut()) {
            last.len = len;
        }
    }

    /// Gives up the oldest block that may be overwritten.
    pub(super) fn give_up(&mut self) -> Option<BlockRef> {
        self.tail.pop_front()
    }

    pub(super) fn tail_len(&self) -> usize {
        self.tail.len()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = BlockRef> {
        self.head.iter().chain(&self.tail).copied()
    }

    /// The blocks that may have something of this range.
    pub(super) fn within(&self, range: &Range<u64>) -> Vec<BlockRef> {
        let all: Vec<_> = self.all().collect();
        // The offsets grow, and the block that begins before the range may reach into it.
        let before = all
            .partition_point(|block| block.offset <= range.start)
            .saturating_sub(1);
        let rest = all.into_iter().skip(before);
        rest.take_while(|block| block.offset < range.end).collect()
    }
}
