//! Passes a host's output on, up to a limit.

use std::collections::VecDeque;

use pogo_core::dispatcher::{Reporter, Stream};

use crate::tail::LastBytes;

/// Passes output on as it arrives, up to a limit. Of the rest it keeps the tail, because that is where the error
/// is, and passes it on at the end of the attempt, after a remark that says how much is missing.
///
/// Output that the dispatcher has no room for is held back: the session reads no more before it is
/// [flushed](Self::flush), so that the host has to wait. An attempt that is being ended does not wait.
#[derive(Debug)]
pub(crate) struct Output {
    report: Reporter,
    room: u64,
    limit: u64,
    /// Bytes of tail that are kept of each stream.
    most_kept: usize,
    cut: bool,
    out: LastBytes,
    err: LastBytes,
    /// Output held back, in order; each piece is passed on as a whole.
    held: VecDeque<(Stream, Vec<u8>)>,
    waits: bool,
}

/// Upper limit for the tail of each stream, in bytes.
const MOST_KEPT: u64 = 32 << 10;

impl Output {
    /// Creates the output of one attempt with a limit in bytes.
    pub(crate) fn new(report: Reporter, limit: u64) -> Self {
        let most_kept = MOST_KEPT.min(limit / 8);
        Self {
            report,
            // Both tails come out of the limit, so that all of an attempt's output stays within it.
            room: limit - 2 * most_kept,
            limit,
            most_kept: usize::try_from(most_kept).unwrap_or(usize::MAX),
            cut: false,
            out: LastBytes::default(),
            err: LastBytes::default(),
            held: VecDeque::new(),
            waits: true,
        }
    }

    /// Adds a chunk of output.
    pub(crate) fn take(&mut self, stream: Stream, bytes: &[u8]) {
        let room = usize::try_from(self.room).unwrap_or(usize::MAX);
        let within = bytes.get(..room).unwrap_or(bytes);
        let mut passed = 0;
        for piece in within.chunks(Reporter::WHOLE) {
            if !self.pass(stream, piece) {
                break;
            }
            passed += piece.len();
        }
        self.room -= passed as u64;
        let rest = bytes.get(passed..).unwrap_or_default();
        if rest.is_empty() {
            return;
        }
        self.cut();
        let most = self.most_kept;
        self.tail(stream).push(rest, most);
    }

    /// Records that this many bytes of a stream are missing here. The rest is its tail.
    pub(crate) fn skip(&mut self, stream: Stream, missing: u64) {
        self.cut();
        self.tail(stream).skip(missing);
    }

    /// Adds a remark to the host's output; it does not count towards the limit.
    pub(crate) fn note(&mut self, remark: &str) {
        let remark = format!("{remark}\n").into_bytes();
        if !self.try_flush() || !self.report.try_output(Stream::Note, &remark) {
            // In order with the output: a remark says what is missing at this very place.
            self.held.push_back((Stream::Note, remark));
        }
    }

    /// Whether output is held back: the caller must flush before it reads more from the host.
    pub(crate) fn is_behind(&self) -> bool {
        !self.held.is_empty()
    }

    /// Passes on what is held back as soon as there is room. Cancel-safe: nothing is lost if it is dropped.
    pub(crate) async fn flush(&mut self) {
        while let Some((stream, piece)) = self.held.front() {
            self.report.output(*stream, piece).await;
            self.held.pop_front();
        }
    }

    /// Stops holding back: the caller can no longer wait, so output without room counts as above the limit.
    pub(crate) fn hurry(&mut self) {
        self.waits = false;
    }

    /// Passes on everything that is left, until `stopped` is ready.
    pub(crate) async fn finish(&mut self, stopped: impl Future) {
        self.release_tails();
        tokio::select! {
            biased;
            () = self.flush() => {}
            _ = stopped => {}
        }
    }

    /// Passes on what is held back as far as there is room; true if that is everything.
    fn try_flush(&mut self) -> bool {
        while let Some((stream, piece)) = self.held.front() {
            if !self.report.try_output(*stream, piece) {
                return false;
            }
            self.held.pop_front();
        }
        true
    }

    /// Passes on a piece, or holds it back; `false` if there is no room and it may not wait.
    fn pass(&mut self, stream: Stream, piece: &[u8]) -> bool {
        let passed = self.try_flush() && self.report.try_output(stream, piece);
        if !passed && self.waits {
            self.held.push_back((stream, piece.to_vec()));
        }
        passed || self.waits
    }

    /// Begins the tail: nothing more is passed on as it arrives.
    fn cut(&mut self) {
        if !self.cut {
            self.cut = true;
            self.room = 0;
            self.note(&format!(
                "[output cut here: over the limit of {} bytes; its end follows when it is known]",
                self.limit
            ));
        }
    }

    fn tail(&mut self, stream: Stream) -> &mut LastBytes {
        match stream {
            Stream::Stderr => &mut self.err,
            Stream::Stdout | Stream::Note => &mut self.out,
        }
    }

    /// Ends the output: passes on the tails.
    fn release_tails(&mut self) {
        for (stream, name) in [(Stream::Stdout, "output"), (Stream::Stderr, "standard error")] {
            let (dropped, kept) = std::mem::take(self.tail(stream)).end();
            if dropped > 0 {
                self.note(&format!("[{dropped} bytes of {name} dropped here]"));
            }
            let pieces = kept.chunks(Reporter::WHOLE).map(|piece| (stream, piece.to_vec()));
            self.held.extend(pieces);
        }
        self.try_flush();
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.release_tails();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use futures::channel::mpsc;
    use pogo_core::dispatcher::{Observer, OutputChunk, ReporterSide};
    use pogo_core::output::OutputSource;
    use pogo_core::scheduler::{AttemptId, JobId};
    use pogo_core::testing::PermitAll;
    use proptest::prelude::*;

    use super::*;

    /// Keeps all output in one text, each stream's in its own brackets.
    #[derive(Default)]
    struct Seen(Mutex<Vec<(Stream, Vec<u8>)>>);

    impl Observer for Seen {
        fn output(&self, chunk: &OutputChunk<'_>) {
            self.0.lock().unwrap().push((chunk.stream, chunk.bytes.to_vec()));
        }
    }

    fn seen_of(limit: u64, act: impl FnOnce(&mut Output)) -> Vec<(Stream, Vec<u8>)> {
        let seen = Arc::new(Seen::default());
        let (phases, _) = mpsc::unbounded();
        let source = OutputSource::new(JobId::new(3), "web1".parse().unwrap(), AttemptId::new(17));
        let (report, _side) = ReporterSide::open(
            source,
            Arc::new(PermitAll(phases)),
            Arc::clone(&seen) as Arc<dyn Observer>,
        );
        let mut output = Output::new(report, limit);
        act(&mut output);
        drop(output);
        std::mem::take(&mut *seen.0.lock().unwrap())
    }

    fn text(seen: &[(Stream, Vec<u8>)]) -> String {
        let pieces = seen
            .iter()
            .map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned());
        pieces.collect()
    }

    #[test]
    fn of_output_over_the_limit_the_head_and_the_tail_are_kept() {
        let lines: String = (1..=100_000).map(|number| format!("line {number}\n")).collect();
        let seen = seen_of(1000, |output| {
            for piece in lines.as_bytes().chunks(777) {
                output.take(Stream::Stdout, piece);
            }
            output.take(Stream::Stderr, b"error: at the end\n");
        });
        let text = text(&seen);
        assert!(text.starts_with("line 1\nline 2\n"), "{text}");
        let (head, rest) = text
            .split_once("[output cut here: over the limit of 1000 bytes")
            .unwrap();
        let (_, rest) = rest.split_once('\n').unwrap();
        let (dropped, tail) = rest
            .strip_prefix('[')
            .unwrap()
            .split_once(" bytes of output dropped here]\n")
            .unwrap();
        let tail = tail.strip_suffix("error: at the end\n").unwrap();
        assert!(tail.starts_with("line "), "{tail}");
        assert!(tail.ends_with("line 99999\nline 100000\n"), "{tail}");
        let dropped: usize = dropped.parse().unwrap();
        assert_eq!(head.len() + dropped + tail.len(), lines.len());
    }

    #[test]
    fn what_fits_behind_the_cut_is_not_missing() {
        let seen = seen_of(1000, |output| output.take(Stream::Stdout, &[b'x'; 800]));
        let passed: usize = seen
            .iter()
            .filter(|(stream, _)| *stream == Stream::Stdout)
            .map(|(_, bytes)| bytes.len())
            .sum();
        assert_eq!(passed, 800);
        assert!(!text(&seen).contains("dropped"), "{seen:?}");
    }

    #[test]
    fn what_the_host_has_dropped_counts_as_missing() {
        let seen = seen_of(1000, |output| {
            output.take(Stream::Stdout, b"head\n");
            output.skip(Stream::Stdout, 5_000_000_000);
            output.take(Stream::Stdout, b"tail\n");
        });
        let text = text(&seen);
        assert!(text.starts_with("head\n[output cut here"), "{text}");
        assert!(
            text.ends_with("\n[5000000000 bytes of output dropped here]\ntail\n"),
            "{text}"
        );
    }

    proptest! {
        #[test]
        fn every_byte_is_passed_on_or_counted_and_no_more_than_the_limit_is_passed_on(
            limit in 0u64..300,
            pieces in proptest::collection::vec((any::<bool>(), "[a\n]{0,120}"), 0..20)
        ) {
            let seen = seen_of(limit, |output| {
                for (err, piece) in &pieces {
                    output.take(if *err { Stream::Stderr } else { Stream::Stdout }, piece.as_bytes());
                }
            });
            let streams = [(Stream::Stdout, "output", false), (Stream::Stderr, "standard error", true)];
            for (stream, name, of_err) in streams {
                let all = pieces.iter().filter(|(err, _)| *err == of_err);
                let all: String = all.map(|(_, piece)| piece.as_str()).collect();
                let passed = seen.iter().filter(|(of, _)| *of == stream);
                let passed: Vec<u8> = passed.flat_map(|(_, bytes)| bytes.clone()).collect();
                let text = text(&seen);
                let dropped = text.split_once(&format!(" bytes of {name} dropped here]")).map_or(0, |(before, _)| {
                    before.rsplit('[').next().unwrap().parse().unwrap()
                });
                prop_assert_eq!(passed.len() + dropped, all.len());
            }
            let passed: usize = seen.iter().filter(|(of, _)| *of != Stream::Note).map(|(_, bytes)| bytes.len()).sum();
            prop_assert!(passed as u64 <= limit);
        }
    }
}
