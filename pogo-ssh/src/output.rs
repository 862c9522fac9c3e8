//! The way of a host's output to its observer, and the bound on it.

use pogo_core::dispatcher::{Reporter, Stream};

/// Passes output on up to a limit, then drops it and says so. Taking output never waits, so the channel it comes from
/// never stalls.
#[derive(Debug)]
pub(crate) struct Output {
    report: Reporter,
    room: u64,
    limit: u64,
    dropped: u64,
}

impl Output {
    /// Output of one attempt, of which `limit` bytes are passed on.
    pub(crate) fn new(report: Reporter, limit: u64) -> Self {
        Self {
            report,
            room: limit,
            limit,
            dropped: 0,
        }
    }

    /// Takes a piece of output.
    pub(crate) fn take(&mut self, stream: Stream, bytes: &[u8]) {
        let room = usize::try_from(self.room).unwrap_or(usize::MAX);
        let (passed, rest) = bytes.split_at(bytes.len().min(room));
        if !passed.is_empty() {
            self.room -= passed.len() as u64;
            self.report.output(stream, passed);
        }
        if rest.is_empty() {
            return;
        }
        if self.dropped == 0 {
            self.note(&format!("[output cut here: over the limit of {} bytes]", self.limit));
        }
        self.dropped += rest.len() as u64;
    }

    /// A remark of ours among the host's output; not counted against the limit.
    pub(crate) fn note(&self, remark: &str) {
        self.report.output(Stream::Note, format!("{remark}\n").as_bytes());
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if self.dropped > 0 {
            self.note(&format!("[{} bytes of output dropped]", self.dropped));
        }
    }
}
