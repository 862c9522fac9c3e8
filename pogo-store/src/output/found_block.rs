//! A block in the log of a job.

use std::sync::Arc;

use pogo_core::output::{OutputSource, Stream};

use super::block::Block;
use super::stream_blocks::BlockRef;

/// Where a block is in a log, and whose it is.
#[derive(Debug)]
pub(super) struct FoundBlock {
    pub(super) source: Arc<OutputSource>,
    pub(super) stream: Stream,
    pub(super) block: BlockRef,
}

impl FoundBlock {
    pub(super) fn new(number: u64, block: &Block) -> Self {
        Self {
            source: Arc::clone(&block.source),
            stream: block.stream,
            block: BlockRef {
                number,
                offset: block.offset,
                len: block.len() as u64,
                is_tail: block.is_tail,
            },
        }
    }
}
