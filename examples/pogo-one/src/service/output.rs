//! What hosts write, put together from the stream and from where it is kept.

use std::collections::HashMap;

use pogo_api::wire::{HostOutput, OutputRange};
use pogo_api::{ClientError, NamespaceClient};
use pogo_core::dispatcher::{Observer, OutputChunk, Stream};
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{AttemptId, JobId};

/// Passes output on to a screen, or whoever else watches, each byte once and in order, whatever the stream left out.
pub(crate) struct OutputFollower {
    namespace: NamespaceClient,
    /// How much of each stream was passed on.
    shown: HashMap<AttemptId, HashMap<Stream, u64>>,
}

/// The streams of an attempt.
const STREAMS: [Stream; 3] = [Stream::Stdout, Stream::Stderr, Stream::Note];

impl OutputFollower {
    pub(crate) fn new(namespace: NamespaceClient) -> Self {
        let shown = HashMap::new();
        Self { namespace, shown }
    }

    /// Passes on a piece of the stream, behind what was left out before it.
    pub(crate) async fn piece(&mut self, output: &HostOutput, screen: &dyn Observer) -> Result<(), ClientError> {
        let (job, attempt, stream) = (output.job, output.attempt, output.stream);
        // Of an attempt that began under an earlier dispatcher, only the store knows how much came before.
        let Some(offset) = output.offset else {
            return self.read((job, &output.host, attempt), stream, None, screen).await;
        };
        if offset > self.shown_of(attempt, stream) {
            self.read((job, &output.host, attempt), stream, Some(offset), screen)
                .await?;
        }
        let shown = self.shown_of(attempt, stream);
        let known = usize::try_from(shown.saturating_sub(offset)).unwrap_or(usize::MAX);
        let new = output.bytes().get(known..).unwrap_or_default();
        if !new.is_empty() {
            screen.output(&OutputChunk::new(job, attempt, &output.host, stream, new));
        }
        let end = offset + output.bytes().len() as u64;
        self.note(attempt, stream, end.max(shown));
        Ok(())
    }

    /// Passes on what an attempt has written so far.
    pub(crate) async fn catch_up(
        &mut self,
        (job, host, attempt): (JobId, &HostName, AttemptId),
        screen: &dyn Observer,
    ) -> Result<(), ClientError> {
        for stream in STREAMS {
            self.read((job, host, attempt), stream, None, screen).await?;
        }
        Ok(())
    }

    /// Passes on what is left of an attempt that has ended and wrote so many bytes, if that is known. One that is in
    /// doubt may end once more.
    pub(crate) async fn end(
        &mut self,
        (job, host, attempt): (JobId, &HostName, AttemptId),
        (length, is_in_doubt): (Option<u64>, bool),
        screen: &dyn Observer,
    ) -> Result<(), ClientError> {
        let shown: u64 = self.shown.get(&attempt).map_or(0, |streams| streams.values().sum());
        if length.is_some_and(|length| length > shown) {
            self.catch_up((job, host, attempt), screen).await?;
        }
        if !is_in_doubt {
            self.shown.remove(&attempt);
        }
        Ok(())
    }

    /// Reads a stream from where it was shown, up to this byte or to its end.
    async fn read(
        &mut self,
        (job, host, attempt): (JobId, &HostName, AttemptId),
        stream: Stream,
        to: Option<u64>,
        screen: &dyn Observer,
    ) -> Result<(), ClientError> {
        let mut from = self.shown_of(attempt, stream);
        loop {
            let mut range = OutputRange::of(job, attempt, stream).from(from);
            if let Some(to) = to {
                range = range.to(to);
            }
            let page = match self.namespace.output(&range).await {
                Ok(page) => page,
                // What cannot be read is left out; the rollout is what is followed.
                Err(ClientError::Refused(_)) => break,
                Err(error) => return Err(error),
            };
            for frame in &page.frames {
                screen.output(&OutputChunk::new(job, attempt, host, stream, &frame.bytes));
            }
            let is_read = page.next <= from || page.next >= to.unwrap_or(page.length);
            from = page.next.max(from);
            // What was shown is not shown again, also where contact is lost before the next page.
            self.note(attempt, stream, from);
            if is_read {
                break;
            }
        }
        Ok(())
    }

    fn shown_of(&self, attempt: AttemptId, stream: Stream) -> u64 {
        let streams = self.shown.get(&attempt);
        streams.and_then(|streams| streams.get(&stream)).copied().unwrap_or(0)
    }

    fn note(&mut self, attempt: AttemptId, stream: Stream, end: u64) {
        self.shown.entry(attempt).or_default().insert(stream, end);
    }
}
