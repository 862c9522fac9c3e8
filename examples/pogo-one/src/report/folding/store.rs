//! Stores each distinct output once.

use std::hash::{Hash, Hasher};

use indexmap::{Equivalent, IndexSet};
use memchr::memmem;
use sha2::{Digest, Sha256};

/// The text that hosts wrote, in blocks. Hosts that have written the same so far share all blocks.
#[derive(Debug)]
pub(super) struct OutputStore {
    blocks: IndexSet<TextBlock>,
    bytes: usize,
    most: usize,
    /// Once true it stays so: with single later blocks stored, equal outputs could get different keys.
    full: bool,
}

/// A block of text, and the one before it.
#[derive(Debug, PartialEq, Eq)]
struct TextBlock {
    before: Option<usize>,
    bytes: Box<[u8]>,
}

/// The key of a block, without a copy of its bytes.
struct BlockKey<'a>(Option<usize>, &'a [u8]);

impl Hash for TextBlock {
    fn hash<H: Hasher>(&self, state: &mut H) {
        BlockKey(self.before, &self.bytes).hash(state);
    }
}

impl Hash for BlockKey<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.0, self.1).hash(state);
    }
}

impl Equivalent<TextBlock> for BlockKey<'_> {
    fn equivalent(&self, block: &TextBlock) -> bool {
        self.0 == block.before && *self.1 == *block.bytes
    }
}

/// What one host has written to one stream, while it writes.
///
/// Ends of lines are those of Unix, and the last line has one.
#[derive(Debug, Default)]
pub(super) struct HostOutput {
    last: Option<usize>,
    /// Not a whole block yet.
    tail: Vec<u8>,
    rest: Option<Box<DigestedText>>,
}

impl HostOutput {
    /// Whether the last line has no end yet.
    pub(super) fn is_within_line(&self) -> bool {
        self.tail.last().is_some_and(|&last| last != b'\n')
    }
}

/// Text that is not stored, only compared by its digest.
#[derive(Debug, Clone, Default)]
struct DigestedText {
    digest: Sha256,
    bytes: u64,
}

/// Identifies an output: equal outputs have equal keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OutputKey {
    last: Option<usize>,
    rest: Option<([u8; 32], u64)>,
}

impl OutputKey {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// How many bytes at its end are not kept.
    pub(super) fn missing(&self) -> u64 {
        self.rest.map_or(0, |(_, bytes)| bytes)
    }
}

impl Default for OutputStore {
    fn default() -> Self {
        Self::up_to(Self::MOST)
    }
}

impl OutputStore {
    /// Distinct text up to this is kept; what comes later is counted.
    pub(super) const MOST: usize = 256 << 20;
    const BLOCK: usize = 4096;
    /// About what a block takes beside its text.
    const OVERHEAD: usize = 64;

    pub(super) fn up_to(most: usize) -> Self {
        Self {
            blocks: IndexSet::new(),
            bytes: 0,
            most,
            full: false,
        }
    }

    pub(super) fn push(&mut self, output: &mut HostOutput, mut bytes: &[u8]) {
        if bytes.first() == Some(&b'\n') && output.tail.last() == Some(&b'\r') {
            output.tail.pop();
        }
        while let Some(at) = memmem::find(bytes, b"\r\n") {
            let (text, rest) = bytes.split_at(at);
            self.add(output, text);
            bytes = rest.strip_prefix(b"\r").unwrap_or(rest);
            let (end, rest) = bytes.split_at(1);
            self.add(output, end);
            bytes = rest;
        }
        self.add(output, bytes);
    }

    /// Adds text. Its last byte stays in the tail: what follows may still change it.
    fn add(&mut self, output: &mut HostOutput, mut bytes: &[u8]) {
        while output.tail.len() + bytes.len() > Self::BLOCK {
            let (now, later) = bytes.split_at(Self::BLOCK.saturating_sub(output.tail.len()));
            output.tail.extend_from_slice(now);
            self.keep(output);
            bytes = later;
        }
        output.tail.extend_from_slice(bytes);
    }

    /// Ends an output. Nothing is added to it from now on.
    pub(super) fn end(&mut self, output: &mut HostOutput) -> OutputKey {
        if output.is_within_line() {
            self.add(output, b"\n");
        }
        if !output.tail.is_empty() {
            self.keep(output);
        }
        output.tail = Vec::new();
        let rest = output.rest.as_ref();
        OutputKey {
            last: output.last,
            rest: rest.map(|rest| (rest.digest.clone().finalize().into(), rest.bytes)),
        }
    }

    /// Makes a block of the tail.
    fn keep(&mut self, output: &mut HostOutput) {
        let looked = BlockKey(output.last, &output.tail);
        let known = output
            .rest
            .is_none()
            .then(|| self.blocks.get_index_of(&looked))
            .flatten();
        let size = output.tail.len() + Self::OVERHEAD;
        self.full = self.full || (known.is_none() && self.bytes + size > self.most);
        match known {
            Some(block) => output.last = Some(block),
            None if self.full => {
                let rest = output.rest.get_or_insert_default();
                rest.digest.update(&output.tail);
                rest.bytes += output.tail.len() as u64;
            }
            None => {
                let (before, bytes) = (output.last, output.tail.as_slice().into());
                self.bytes += size;
                output.last = Some(self.blocks.insert_full(TextBlock { before, bytes }).0);
            }
        }
        output.tail.clear();
    }

    /// The text that is kept of an output.
    pub(super) fn text(&self, content: &OutputKey) -> Vec<u8> {
        let block = |at: &usize| self.blocks.get_index(*at);
        let blocks = std::iter::successors(content.last, |at| block(at).and_then(|block| block.before));
        let mut blocks: Vec<usize> = blocks.collect();
        blocks.reverse();
        blocks
            .iter()
            .filter_map(block)
            .flat_map(|block| &block.bytes)
            .copied()
            .collect()
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}
