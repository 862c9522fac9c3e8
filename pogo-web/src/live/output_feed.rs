//! Passes on what hosts write, as it comes.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use pogo_api::wire::HostOutput;
use pogo_core::dispatcher::{Clock, Notice, Observer, OutputChunk, SystemClock};
use pogo_core::journal::Seq;
use pogo_core::output::Stream;
use pogo_core::scheduler::{AttemptId, JobId, Record};
use tokio::sync::watch;

use super::{next_event, sse};

/// Passes on what hosts write to the streams that ask for it: an observer of the dispatcher, and the
/// [`output_feed`](crate::ServedNamespace::output_feed) of its namespace. Cheap to clone; clones are of the same feed.
///
/// It keeps the last 8 MiB while anybody follows, written once for all who do, and nothing otherwise. Whoever is slower
/// than the hosts misses pieces, sees that by the offsets of the others, and reads them from where output is kept.
#[derive(Clone, Default)]
pub struct OutputFeed(Arc<Feed>);

struct Feed {
    state: Mutex<FeedState>,
    /// The number of the piece that comes next.
    end: watch::Sender<u64>,
}

#[derive(Default)]
struct FeedState {
    kept: VecDeque<Piece>,
    /// The number of the first piece that is kept.
    first: u64,
    /// How many bytes are kept.
    bytes: usize,
    /// The position behind the last record that was acted on, once it is known.
    acted: Option<Seq>,
    /// What each attempt has written. Those that began under an earlier dispatcher are not in it.
    written: BTreeMap<AttemptId, WrittenBytes>,
    readers: usize,
}

/// How many bytes an attempt has written to each stream.
type WrittenBytes = Vec<(Stream, u64)>;

#[derive(Clone)]
struct Piece {
    job: JobId,
    output: OutputPiece,
}

/// A piece of output on its way to a stream.
#[derive(Debug, Clone)]
pub(super) struct OutputPiece {
    /// The position behind the last record that was acted on when it was written: the records before come first.
    pub(super) behind: Seq,
    /// As it is sent.
    pub(super) event: Bytes,
}

impl OutputPiece {
    /// What waits for no record.
    pub(super) fn at_once(event: Bytes) -> Self {
        let behind = Seq(0);
        Self { behind, event }
    }
}

impl OutputFeed {
    /// How many bytes of events are kept for those who are slower than the hosts.
    const KEPT: usize = 8 << 20;

    /// A feed that nobody follows yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What comes from now on, of one job or of all.
    pub(crate) fn reader(&self, job: Option<JobId>) -> FeedReader {
        let mut state = self.0.state();
        state.readers += 1;
        let next = state.end();
        drop(state);
        let (feed, grown) = (Arc::clone(&self.0), self.0.end.subscribe());
        FeedReader { feed, grown, next, job }
    }
}

impl Default for Feed {
    fn default() -> Self {
        let (state, (end, _)) = (Mutex::default(), watch::channel(0));
        Self { state, end }
    }
}

impl Feed {
    fn state(&self) -> MutexGuard<'_, FeedState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first piece of a job, or of any, that is kept from this number on.
    fn take(&self, next: &mut u64, job: Option<JobId>) -> Option<OutputPiece> {
        let state = self.state();
        *next = state.first.max(*next);
        while let Some(piece) = state.piece(*next) {
            *next += 1;
            if job.is_none_or(|job| job == piece.job) {
                return Some(piece.output.clone());
            }
        }
        None
    }
}

impl FeedState {
    fn end(&self) -> u64 {
        self.first + self.kept.len() as u64
    }

    /// Counts a piece, and says how much the attempt had written to the stream before.
    fn offset(&mut self, chunk: &OutputChunk<'_>) -> Option<u64> {
        let written = self.written.get_mut(&chunk.attempt)?;
        let length = chunk.bytes.len() as u64;
        match written.iter_mut().find(|(stream, _)| *stream == chunk.stream) {
            Some((_, so_far)) => {
                let offset = *so_far;
                *so_far += length;
                Some(offset)
            }
            None => {
                written.push((chunk.stream, length));
                Some(0)
            }
        }
    }

    fn keep(&mut self, piece: Piece) {
        self.bytes += piece.output.event.len();
        self.kept.push_back(piece);
        // The last is kept whatever its size, so that those who wait for it get it.
        while self.bytes > OutputFeed::KEPT && self.kept.len() > 1 {
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        if let Some(piece) = self.kept.pop_front() {
            self.bytes -= piece.output.event.len();
            self.first += 1;
        }
    }

    fn piece(&self, number: u64) -> Option<&Piece> {
        let at = number.checked_sub(self.first)?;
        self.kept.get(usize::try_from(at).ok()?)
    }
}

impl Observer for OutputFeed {
    fn event(&self, record: &Record) {
        let mut state = self.0.state();
        // Counted here too: a transport may write before the rest of the commit that started it is acted on.
        state.acted = state.acted.map(|Seq(position)| Seq(position + 1));
        if let Some(attempt) = record.event.started() {
            state.written.insert(attempt, WrittenBytes::new());
        } else if let Some(attempt) = record.event.ended() {
            state.written.remove(&attempt);
        }
    }

    fn notice(&self, notice: &Notice<'_>) {
        if let Notice::Committed { end, .. } = notice {
            self.0.state().acted = Some(*end);
        }
    }

    fn output(&self, chunk: &OutputChunk<'_>) {
        let mut state = self.0.state();
        // Counted even if nobody follows: whoever comes later must know how much was there before.
        let offset = state.offset(chunk);
        if state.readers == 0 {
            return;
        }
        let about = (chunk.job, chunk.host.clone(), chunk.attempt);
        let mut output = HostOutput::new(about, chunk.stream, SystemClock.now(), chunk.bytes);
        if let Some(offset) = offset {
            output = output.at_offset(offset);
        }
        let (job, behind) = (chunk.job, state.acted.unwrap_or_default());
        let event = sse::output(&output);
        state.keep(Piece {
            job,
            output: OutputPiece { behind, event },
        });
        let end = state.end();
        drop(state);
        // Of two pieces at once, the later end counts.
        self.0.end.send_modify(|known| *known = end.max(*known));
    }
}

impl fmt::Debug for OutputFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutputFeed").finish_non_exhaustive()
    }
}

/// Somebody who follows what hosts write. While there is any, pieces are kept.
pub(crate) struct FeedReader {
    feed: Arc<Feed>,
    grown: watch::Receiver<u64>,
    next: u64,
    job: Option<JobId>,
}

impl FeedReader {
    /// The next piece, as it is sent. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> OutputPiece {
        let (feed, job) = (&self.feed, self.job);
        next_event(&mut self.next, &mut self.grown, |next| feed.take(next, job)).await
    }
}

impl Drop for FeedReader {
    fn drop(&mut self) {
        let mut state = self.feed.state();
        state.readers -= 1;
        while state.readers == 0 && !state.kept.is_empty() {
            state.drop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn wrote(feed: &OutputFeed, (job, attempt): (u64, u64), bytes: &[u8]) {
        let host = "web1".parse().unwrap();
        let (job, attempt) = (JobId::new(job), AttemptId::new(attempt));
        feed.output(&OutputChunk::new(job, attempt, &host, Stream::Stdout, bytes));
    }

    fn next(reader: &mut FeedReader) -> Option<String> {
        let piece = reader.next().now_or_never()?;
        Some(String::from_utf8(piece.event.to_vec()).unwrap())
    }

    #[test]
    fn whoever_follows_a_job_gets_its_output_alone_from_then_on() {
        let feed = OutputFeed::new();
        wrote(&feed, (1, 1), b"before");
        let mut reader = feed.reader(Some(JobId::new(1)));
        assert_eq!(next(&mut reader), None);
        wrote(&feed, (2, 2), b"another job");
        wrote(&feed, (1, 1), b"after");
        let event = next(&mut reader).unwrap();
        assert!(
            event.starts_with("event: output\ndata: {") && event.contains("\"text\":\"after\""),
            "{event}"
        );
        assert_eq!(next(&mut reader), None);
    }

    #[test]
    fn offsets_are_of_attempts_that_began_here() {
        let feed = OutputFeed::new();
        let started = r#"{"at":5,"event":"task_started","job":1,"host":"web1","attempt":7}"#;
        let started: Record = serde_json::from_str(started).unwrap();
        assert_eq!(started.event.started(), Some(AttemptId::new(7)));
        feed.event(&started);
        wrote(&feed, (1, 7), b"12345");
        let mut reader = feed.reader(None);
        wrote(&feed, (1, 7), b"6");
        assert!(next(&mut reader).unwrap().contains("\"offset\":5"));
        wrote(&feed, (1, 8), b"resumed");
        assert!(!next(&mut reader).unwrap().contains("offset"));
    }

    #[test]
    fn what_is_kept_is_bounded_and_goes_when_nobody_follows() {
        let feed = OutputFeed::new();
        let mut reader = feed.reader(None);
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..20 {
            wrote(&feed, (1, 1), &piece);
        }
        assert!(feed.0.state().bytes <= OutputFeed::KEPT);
        let mut come = 0;
        while next(&mut reader).is_some() {
            come += 1;
        }
        assert_eq!(come, feed.0.state().kept.len());
        drop(reader);
        assert_eq!(feed.0.state().bytes, 0);
        assert_eq!(feed.0.state().kept.len(), 0);
        wrote(&feed, (1, 1), &piece);
        assert_eq!(feed.0.state().bytes, 0);
    }
}
