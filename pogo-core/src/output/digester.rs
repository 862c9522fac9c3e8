//! The digest of what is kept of an attempt.

use sha2::{Digest as _, Sha256};

use super::Stream;
use crate::Digest;

/// Computes the digest of what is kept of an attempt, however it is cut into frames.
///
/// Each contiguous run of bytes counts as its offset, its length and the SHA-256 of its bytes; the runs of each stream
/// are hashed in their order, and the three results together. So a store need not keep the digest of anything but what
/// it keeps.
///
/// ```
/// use pogo_core::output::{OutputDigester, Stream};
///
/// let mut whole = OutputDigester::default();
/// whole.add(Stream::Stdout, 0, b"from here to there");
/// let mut pieces = OutputDigester::default();
/// pieces.add(Stream::Stdout, 0, b"from here");
/// pieces.add(Stream::Stdout, 9, b" to there");
/// assert_eq!(whole.digest(), pieces.digest());
/// ```
#[derive(Debug, Clone, Default)]
pub struct OutputDigester {
    streams: [StreamDigester; Stream::ALL.len()],
}

#[derive(Debug, Clone, Default)]
struct StreamDigester {
    runs: Sha256,
    run: Option<PieceRun>,
}

#[derive(Debug, Clone)]
struct PieceRun {
    offset: u64,
    length: u64,
    bytes: Sha256,
}

impl OutputDigester {
    /// Adds what is kept of a stream at this offset. Of each stream in the order of offsets.
    pub fn add(&mut self, stream: Stream, offset: u64, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let [stdout, stderr, note] = &mut self.streams;
        match stream {
            Stream::Stdout => stdout.add(offset, bytes),
            Stream::Stderr => stderr.add(offset, bytes),
            Stream::Note => note.add(offset, bytes),
        }
    }

    /// The digest of all that was added.
    pub fn digest(self) -> Digest {
        let mut all = Sha256::new();
        for mut stream in self.streams {
            stream.end_run();
            all.update(stream.runs.finalize());
        }
        all.into()
    }
}

impl StreamDigester {
    fn add(&mut self, offset: u64, bytes: &[u8]) {
        if self.run.as_ref().is_some_and(|run| run.offset + run.length != offset) {
            self.end_run();
        }
        let run = self.run.get_or_insert_with(|| PieceRun {
            offset,
            length: 0,
            bytes: Sha256::new(),
        });
        run.length += bytes.len() as u64;
        run.bytes.update(bytes);
    }

    fn end_run(&mut self) {
        if let Some(PieceRun { offset, length, bytes }) = self.run.take() {
            // Where and how long, or two runs whose bytes join to the same would have one digest.
            self.runs.update(offset.to_be_bytes());
            self.runs.update(length.to_be_bytes());
            self.runs.update(bytes.finalize());
        }
    }
}
