//! The tail of a stream.

use std::collections::VecDeque;

/// The last bytes of a stream, and how many are missing before them.
#[derive(Debug, Default)]
pub(crate) struct LastBytes {
    kept: VecDeque<u8>,
    dropped: u64,
}

/// How far into the tail the start of a line is searched for.
const LONGEST_LINE: usize = 4096;

impl LastBytes {
    /// Adds bytes and keeps the last `most`.
    pub(crate) fn push(&mut self, bytes: &[u8], most: usize) {
        // Also right if a chunk is larger than the tail: then `old` is all that is kept and the
        // chunk loses its front.
        let too_many = (self.kept.len() + bytes.len()).saturating_sub(most);
        let old = too_many.min(self.kept.len());
        self.kept.drain(..old);
        self.kept.extend(bytes.get(too_many - old..).unwrap_or_default());
        self.dropped += too_many as u64;
    }

    /// Records that this many bytes are missing here; what was kept before is dropped.
    pub(crate) fn skip(&mut self, missing: u64) {
        self.dropped += self.kept.len() as u64 + missing;
        self.kept.clear();
    }

    /// The number of missing bytes and the tail, from the start of a line if there is one near.
    pub(crate) fn end(mut self) -> (u64, Vec<u8>) {
        if self.dropped > 0 {
            // Binary output may have no line ends at all: searching it all would drop the tail.
            let near = self.kept.iter().take(LONGEST_LINE);
            let line = near.take_while(|&&byte| byte != b'\n').count() + 1;
            if line < self.kept.len().min(LONGEST_LINE) {
                self.kept.drain(..line);
                self.dropped += line as u64;
            }
        }
        (self.dropped, self.kept.into())
    }
}
