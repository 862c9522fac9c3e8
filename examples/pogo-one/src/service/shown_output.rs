//! How much of what hosts wrote was shown.

use std::collections::HashMap;

use pogo_core::Timestamp;
use pogo_core::dispatcher::{OutputChunk, Stream};
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{AttemptId, JobId};

use crate::report::OutputAt;

/// An attempt of a job on a host.
pub(super) type Source<'a> = (JobId, &'a HostName, AttemptId);

/// How much of each stream was shown, of attempts of which more may come.
#[derive(Debug, Default)]
pub(super) struct ShownOutput(HashMap<AttemptId, HashMap<Stream, u64>>);

impl ShownOutput {
    /// Up to where a stream was shown.
    pub(super) fn of(&self, attempt: AttemptId, stream: Stream) -> u64 {
        let streams = self.0.get(&attempt);
        streams.and_then(|streams| streams.get(&stream)).copied().unwrap_or(0)
    }

    /// How much of all streams was shown.
    pub(super) fn of_all(&self, attempt: AttemptId) -> u64 {
        self.0.get(&attempt).map_or(0, |streams| streams.values().sum())
    }

    /// There is nothing more to show before this byte.
    pub(super) fn until(&mut self, attempt: AttemptId, stream: Stream, end: u64) {
        let shown = self.0.entry(attempt).or_default().entry(stream).or_default();
        *shown = end.max(*shown);
    }

    pub(super) fn forget(&mut self, attempt: AttemptId) {
        self.0.remove(&attempt);
    }

    /// Shows what is new of a piece; where bytes before it are missing, a remark says how many.
    pub(super) fn show(
        &mut self,
        (job, host, attempt): Source<'_>,
        (stream, at, offset): (Stream, Timestamp, u64),
        bytes: &[u8],
        screen: &dyn OutputAt,
    ) {
        let shown = self.of(attempt, stream);
        let missing = offset.saturating_sub(shown);
        if missing > 0 {
            let remark = format!("[{missing} bytes cut]\n");
            screen.output_at(
                at,
                &OutputChunk::new(job, attempt, host, Stream::Note, remark.as_bytes()),
            );
        }
        let known = usize::try_from(shown.saturating_sub(offset)).unwrap_or(usize::MAX);
        let new = bytes.get(known..).unwrap_or_default();
        if !new.is_empty() {
            screen.output_at(at, &OutputChunk::new(job, attempt, host, stream, new));
        }
        self.until(attempt, stream, offset + bytes.len() as u64);
    }
}
