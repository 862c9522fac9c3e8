//! What a store in memory keeps of one attempt.

use std::sync::Arc;

use super::kept_stream::KeptStream;
use super::{OutputDigester, OutputFrame, OutputSource, Stream};
use crate::Digest;

/// The streams of an attempt, within a limit for all of them together.
#[derive(Debug)]
pub(super) struct KeptAttempt {
    pub(super) source: Arc<OutputSource>,
    streams: [KeptStream; Stream::ALL.len()],
    pub(super) sealed: Option<Digest>,
}

impl KeptAttempt {
    pub(super) fn new(source: Arc<OutputSource>) -> Self {
        Self {
            source,
            streams: Default::default(),
            sealed: None,
        }
    }

    pub(super) fn kept(&self) -> usize {
        self.streams.iter().map(KeptStream::kept).sum()
    }

    pub(super) fn stream(&self, stream: Stream) -> &KeptStream {
        let [stdout, stderr, note] = &self.streams;
        match stream {
            Stream::Stdout => stdout,
            Stream::Stderr => stderr,
            Stream::Note => note,
        }
    }

    fn stream_mut(&mut self, stream: Stream) -> &mut KeptStream {
        let [stdout, stderr, note] = &mut self.streams;
        match stream {
            Stream::Stdout => stdout,
            Stream::Stderr => stderr,
            Stream::Note => note,
        }
    }

    pub(super) fn push(&mut self, frame: &OutputFrame, limit: usize) {
        let heads: usize = self.streams.iter().map(KeptStream::head_bytes).sum();
        // The ends share the other half; the stream with the most of it gives way, so
        // that a talkative one hides no other.
        let room = (limit / 2).saturating_sub(heads);
        self.stream_mut(frame.stream)
            .push(frame.at, frame.offset, &frame.bytes, room);
        while self.kept() > limit {
            let excess = self.kept() - limit;
            let Some(longest) = self.streams.iter_mut().max_by_key(|stream| stream.tail_bytes()) else {
                return;
            };
            // Heads are at most half of the limit, so there is a tail to shorten.
            let cut = excess.min(longest.tail_bytes());
            longest.cut_front(cut);
        }
    }

    /// Drops what is kept, and goes on counting.
    pub(super) fn clear(&mut self) {
        self.streams.iter_mut().for_each(KeptStream::clear);
    }

    pub(super) fn digest(&self) -> Digest {
        let mut digester = OutputDigester::default();
        for stream in Stream::ALL {
            let pieces = self.stream(stream).pieces();
            pieces.for_each(|piece| digester.add(stream, piece.offset, &piece.bytes));
        }
        digester.digest()
    }
}
