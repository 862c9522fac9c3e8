//! Sizes of files.

use std::time::Duration;

use crate::output::Retention;

/// How many blocks are kept of an attempt, half of them from its beginning.
pub(crate) const OUTPUT_BLOCKS: usize = 256;

/// How large the files of a store become.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// From this size on a segment is followed by another.
    pub(crate) segment: u64,
    /// The most bytes of a commit's records.
    pub(crate) commit: usize,
    /// The space that is kept for the end of a journal on a full disk.
    pub(crate) reserve: u64,
    /// From this size on the list of jobs is written anew when most of it is out of date.
    pub(crate) list: u64,
    /// How many blocks are kept of an attempt; at least eight.
    pub(crate) output_blocks: usize,
    /// What the owner keeps, unless it is set otherwise; everything where this is `None`.
    pub(crate) retention: Option<Retention>,
    /// How often output is made durable; never by itself where this is `None`.
    pub(crate) sync_output: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Large enough that a namespace has few files, small enough that compaction gives space
            // back soon.
            segment: 64 << 20,
            commit: 8 << 20,
            // Two of the largest commits: one under way, and the records with which a dispatcher
            // ends.
            reserve: 16 << 20,
            list: 256 << 10,
            output_blocks: OUTPUT_BLOCKS,
            retention: Some(Retention::new()),
            sync_output: Some(Duration::from_secs(1)),
        }
    }
}
