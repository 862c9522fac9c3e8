//! The index of a job's output: a line for each attempt that has ended.

use pogo_core::Digest;
use pogo_core::fleet::HostName;
use pogo_core::output::Stream;
use pogo_core::scheduler::AttemptId;
use serde::{Deserialize, Serialize};

use super::attempt_blocks::AttemptBlocks;
use super::stream_blocks::{BlockRef, StreamBlocks};
use crate::checked_line::{checked, object, push_line};

/// An attempt whose output is complete, and where that is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SealedAttempt {
    pub(super) attempt: AttemptId,
    pub(super) host: HostName,
    /// How many bytes it wrote in all.
    pub(super) length: u64,
    /// Of what is kept.
    pub(super) digest: Digest,
    streams: Vec<SealedStream>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct SealedStream {
    stream: Stream,
    length: u64,
    /// In the order of their offsets: number, offset and length.
    blocks: Vec<(u64, u64, u64)>,
}

impl SealedAttempt {
    pub(super) fn new(attempt: &AttemptBlocks, length: u64, digest: Digest) -> Self {
        let sealed = |stream| {
            let of_stream = attempt.stream(stream);
            let blocks = of_stream.all().map(|block| (block.number, block.offset, block.len));
            SealedStream {
                stream,
                length: of_stream.length,
                blocks: blocks.collect(),
            }
        };
        Self {
            attempt: attempt.source.attempt,
            host: attempt.source.host.clone(),
            length,
            digest,
            streams: Stream::ALL.map(sealed).into_iter().filter(|it| it.length > 0).collect(),
        }
    }

    /// Where a stream is.
    pub(super) fn stream(&self, stream: Stream) -> StreamBlocks {
        let mut blocks = StreamBlocks::default();
        if let Some(sealed) = self.streams.iter().find(|sealed| sealed.stream == stream) {
            blocks.length = sealed.length;
            for &(number, offset, len) in &sealed.blocks {
                blocks.push(BlockRef {
                    number,
                    offset,
                    len,
                    // Nothing of an attempt that has ended is overwritten.
                    is_tail: false,
                });
            }
        }
        blocks
    }

    /// Its line.
    pub(super) fn line(&self) -> serde_json::Result<Vec<u8>> {
        let mut line = vec![];
        push_line(&mut line, &serde_json::to_vec(self)?);
        Ok(line)
    }
}

/// The lines of an index that are as they were written. A line that is not is that of an attempt whose blocks say what
/// is kept.
pub(super) fn sealed_attempts(bytes: &[u8]) -> impl Iterator<Item = SealedAttempt> {
    let lines = bytes.split(|byte| *byte == b'\n');
    lines.filter_map(sealed_line)
}

/// A line of an index, without its end, if it is as it was written.
pub(super) fn sealed_line(line: &[u8]) -> Option<SealedAttempt> {
    serde_json::from_slice(&object(checked(line)?)).ok()
}
