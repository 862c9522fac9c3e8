//! What hosts write, put together from the stream and from where it is kept.

use std::time::Duration;

use pogo_api::wire::HostOutput;
use pogo_api::{ClientError, NamespaceClient};
use pogo_core::dispatcher::Stream;
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{AttemptId, JobId};
use tokio::time::Instant;

use super::kept_output::{KeptOutput, KeptPart, KeptStreams, Unread};
use super::read_ahead::ReadAhead;
use super::shown_output::{ShownOutput, Source};
use crate::report::OutputAt;

/// Passes output on to a screen, or whoever else watches, each byte once and in order, whatever the stream left out.
pub(crate) struct OutputFollower<K = NamespaceClient> {
    kept: ReadAhead<K>,
    shown: ShownOutput,
    /// How long the store is waited for.
    patience: Duration,
    /// Until when it is not, since it has lost something.
    given_up: Option<Instant>,
}

/// How long the store is waited for: a dispatcher passes pieces on at once, and stores them a few milliseconds later.
/// What it has not stored after two seconds is lost.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long it is not waited for after that: it may have lost something of every host.
const GIVEN_UP: Duration = Duration::from_secs(60);
const ASKED_AGAIN: Duration = Duration::from_millis(20);
/// How much output is read ahead, which is what an answer takes by default.
const READ_AHEAD: u64 = 1 << 20;

/// An attempt that ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EndingAttempt {
    pub(crate) attempt: AttemptId,
    /// How many bytes it wrote.
    pub(crate) length: u64,
}

impl<K: KeptOutput + Send> OutputFollower<K> {
    pub(crate) fn new(kept: K) -> Self {
        Self {
            kept: ReadAhead::new(kept),
            shown: ShownOutput::default(),
            patience: PATIENCE,
            given_up: None,
        }
    }

    /// Passes on a piece of the stream, behind what was left out before it.
    pub(crate) async fn piece(&mut self, output: &HostOutput, screen: &dyn OutputAt) -> Result<(), ClientError> {
        let (stream, at) = (output.stream, output.at);
        let source = (output.job, &output.host, output.attempt);
        // Of an attempt that began under an earlier dispatcher, only the store knows how much came before.
        let Some(offset) = output.offset else {
            return self.read(source, (&[stream], None, None), screen).await;
        };
        if offset > self.shown.of(output.attempt, stream) {
            self.read_before(source, (stream, offset), screen).await?;
        }
        self.shown.show(source, (stream, at, offset), output.bytes(), screen);
        Ok(())
    }

    /// Passes on what an attempt has written so far.
    pub(crate) async fn catch_up(&mut self, source: Source<'_>, screen: &dyn OutputAt) -> Result<(), ClientError> {
        let read = self.read(source, (&Stream::ALL, None, None), screen).await;
        self.kept.forget(source.2);
        read
    }

    /// Passes on what attempts under way have written so far, reading many at once.
    pub(crate) async fn catch_up_all<'a>(
        &mut self,
        job: JobId,
        mut running: impl Iterator<Item = (AttemptId, &'a HostName)> + Clone,
        screen: &dyn OutputAt,
    ) -> Result<(), ClientError> {
        while let Some((attempt, host)) = running.next() {
            let behind = running.clone().map(|(attempt, _)| attempt);
            self.read_ahead_of(job, std::iter::once(attempt).chain(behind)).await?;
            self.catch_up((job, host, attempt), screen).await?;
        }
        Ok(())
    }

    /// Reads ahead what these attempts have written, unless that of the first was.
    pub(crate) async fn read_ahead_of(
        &self,
        job: JobId,
        attempts: impl Iterator<Item = AttemptId>,
    ) -> Result<(), ClientError> {
        self.kept.ahead_of(job, attempts).await
    }

    /// Reads ahead what an attempt wrote, where something of it was not shown yet, and with it what those wrote that
    /// end after it, as many as are asked for at once.
    pub(crate) async fn read_ahead(
        &mut self,
        job: JobId,
        first: EndingAttempt,
        rest: impl Iterator<Item = EndingAttempt>,
    ) -> Result<(), ClientError> {
        let is_missing = |end: &EndingAttempt| end.length > self.shown.of_all(end.attempt);
        if !is_missing(&first) || first.length > READ_AHEAD {
            return Ok(());
        }
        let mut room = READ_AHEAD.saturating_sub(first.length);
        let fitting = rest.filter(is_missing).take_while(|end| {
            let fits = end.length <= room;
            room = room.saturating_sub(end.length);
            fits
        });
        let attempts = std::iter::once(first).chain(fitting).map(|end| end.attempt);
        self.kept.ahead_of(job, attempts).await
    }

    /// Drops what was read ahead: contact was lost since, and what was under way may have written more.
    pub(crate) fn begin_again(&self) {
        self.kept.clear();
    }

    /// Passes on what is left of an attempt that has ended and wrote so many bytes, if that is known. One that is in
    /// doubt may end once more.
    pub(crate) async fn end(
        &mut self,
        source: Source<'_>,
        (length, is_in_doubt): (Option<u64>, bool),
        screen: &dyn OutputAt,
    ) -> Result<(), ClientError> {
        let (.., attempt) = source;
        if length.is_some_and(|length| length > self.shown.of_all(attempt)) {
            self.read(source, (&Stream::ALL, None, length), screen).await?;
            self.kept.forget(attempt);
        }
        if !is_in_doubt {
            self.shown.forget(attempt);
        }
        Ok(())
    }

    /// Reads what is missing before a piece, which may not be stored yet.
    async fn read_before(
        &mut self,
        source: Source<'_>,
        (stream, offset): (Stream, u64),
        screen: &dyn OutputAt,
    ) -> Result<(), ClientError> {
        let (.., attempt) = source;
        let is_waited_for = self.given_up.is_none_or(|until| until < Instant::now());
        let patience = if is_waited_for { self.patience } else { Duration::ZERO };
        let until = Instant::now() + patience;
        loop {
            self.read(source, (&[stream], Some(offset), None), screen).await?;
            if self.shown.of(attempt, stream) >= offset {
                return Ok(());
            }
            if Instant::now() >= until {
                self.given_up = Some(Instant::now() + GIVEN_UP);
                return Ok(());
            }
            tokio::time::sleep(ASKED_AGAIN).await;
        }
    }

    /// Reads streams from where they were shown: one alone up to this byte, or all, which have so many bytes together.
    async fn read(
        &mut self,
        source: Source<'_>,
        (streams, to, whole): (&[Stream], Option<u64>, Option<u64>),
        screen: &dyn OutputAt,
    ) -> Result<(), ClientError> {
        let (job, _, attempt) = source;
        let from = |stream: &Stream| (*stream, self.shown.of(attempt, *stream));
        let unread = Unread {
            job,
            attempt,
            streams: streams.iter().map(from).collect(),
            to,
            whole,
        };
        let mut parts = KeptStreams::open(&self.kept, unread).await?;
        // What was shown is known at once, and not shown again where contact is lost before the next page.
        while let Some(part) = parts.next().await? {
            match part {
                KeptPart::Frame(frame) => {
                    let piece = (frame.stream, frame.at, frame.offset);
                    self.shown.show(source, piece, &frame.bytes, screen);
                }
                KeptPart::Until(stream, end) => self.shown.until(attempt, stream, end),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use async_trait::async_trait;
    use pogo_api::wire::OutputRange;
    use pogo_core::Timestamp;
    use pogo_core::dispatcher::OutputChunk;
    use pogo_core::output::{OutputFrame, OutputPage, OutputSource};

    use super::*;

    const JOB: JobId = JobId::new(1);
    const ATTEMPT: AttemptId = AttemptId::new(7);

    /// A store in which pieces arrive some requests after they were passed on.
    #[derive(Default)]
    struct Late {
        /// With which request each comes.
        frames: Mutex<Vec<(usize, OutputFrame)>>,
        asked: Mutex<Vec<Stream>>,
    }

    #[async_trait]
    impl KeptOutput for &Late {
        async fn page(&self, range: &OutputRange) -> Result<OutputPage, ClientError> {
            self.asked.lock().unwrap().push(range.stream);
            let asked = self.asked.lock().unwrap().len();
            let frames = self.frames.lock().unwrap().clone();
            let come = frames
                .into_iter()
                .filter(|(from, frame)| *from <= asked && frame.stream == range.stream);
            let come: Vec<OutputFrame> = come.map(|(_, frame)| frame).collect();
            let length = come.iter().map(OutputFrame::end).max().unwrap_or(0);
            let wanted = come.into_iter().filter(|frame| frame.offset >= range.from).collect();
            Ok(OutputPage::new(
                wanted,
                range.to.unwrap_or(length).min(length.max(range.from)),
                length,
                false,
            ))
        }
    }

    impl Late {
        fn comes_with(&self, request: usize, (stream, at, offset): (Stream, u64, u64), text: &str) {
            let (job, host, attempt) = (JOB, host(), ATTEMPT);
            let source = Arc::new(OutputSource::new(job, host, attempt));
            let frame = OutputFrame::new(source, stream, offset, Timestamp::from_millis(at), text.as_bytes());
            self.frames.lock().unwrap().push((request, frame));
        }
    }

    #[derive(Default)]
    struct Shown(Mutex<String>);

    impl OutputAt for Shown {
        fn output_at(&self, at: Timestamp, chunk: &OutputChunk<'_>) {
            let text = String::from_utf8_lossy(chunk.bytes);
            *self.0.lock().unwrap() += &format!("{}{}:{text} ", chunk.stream, at.as_millis());
        }
    }

    fn host() -> HostName {
        "web1".parse().unwrap()
    }

    fn piece(offset: u64, text: &str) -> HostOutput {
        let output = HostOutput::new((JOB, host(), ATTEMPT), Stream::Stdout, Timestamp::from_millis(9), text);
        output.at_offset(offset)
    }

    #[tokio::test]
    async fn what_is_stored_late_is_waited_for_and_comes_before_what_followed_it() {
        let (late, shown) = (Late::default(), Shown::default());
        late.comes_with(1, (Stream::Stdout, 1, 0), "one");
        late.comes_with(5, (Stream::Stdout, 2, 3), "two");
        let mut output = OutputFollower::new(&late);
        output.piece(&piece(6, "six"), &shown).await.unwrap();
        output.piece(&piece(9, "ten"), &shown).await.unwrap();
        assert_eq!(
            *shown.0.lock().unwrap(),
            "stdout1:one stdout2:two stdout9:six stdout9:ten "
        );
        assert_eq!(late.asked.lock().unwrap().len(), 5, "nothing is read that has come");
    }

    #[tokio::test]
    async fn what_is_lost_is_waited_for_once_and_said() {
        let (late, shown) = (Late::default(), Shown::default());
        let mut output = OutputFollower::new(&late);
        output.patience = ASKED_AGAIN;
        output.piece(&piece(6, "six"), &shown).await.unwrap();
        assert!(late.asked.lock().unwrap().len() > 1);
        late.asked.lock().unwrap().clear();
        output.piece(&piece(19, "ten"), &shown).await.unwrap();
        assert_eq!(late.asked.lock().unwrap().len(), 1);
        assert_eq!(
            *shown.0.lock().unwrap(),
            "note9:[6 bytes cut]\n stdout9:six note9:[10 bytes cut]\n stdout9:ten "
        );
    }

    #[tokio::test]
    async fn what_has_ended_is_read_in_the_order_in_which_it_came_and_no_more_is_asked_than_there_is() {
        let (late, shown, host) = (Late::default(), Shown::default(), host());
        let source = (JOB, &host, ATTEMPT);
        late.comes_with(1, (Stream::Stdout, 1, 0), "one");
        late.comes_with(1, (Stream::Stderr, 2, 0), "two");
        late.comes_with(1, (Stream::Stdout, 3, 3), "three");
        let mut output = OutputFollower::new(&late);
        output.end(source, (Some(11), false), &shown).await.unwrap();
        assert_eq!(*shown.0.lock().unwrap(), "stdout1:one stderr2:two stdout3:three ");
        assert_eq!(*late.asked.lock().unwrap(), [Stream::Stdout, Stream::Stderr]);
    }

    #[tokio::test]
    async fn what_was_shown_while_it_ran_is_not_shown_again() {
        let (late, shown, host) = (Late::default(), Shown::default(), host());
        let source = (JOB, &host, ATTEMPT);
        late.comes_with(1, (Stream::Stdout, 1, 0), "one");
        let mut output = OutputFollower::new(&late);
        output.catch_up(source, &shown).await.unwrap();
        output.piece(&piece(1, "ne two"), &shown).await.unwrap();
        output.end(source, (Some(7), false), &shown).await.unwrap();
        assert_eq!(*shown.0.lock().unwrap(), "stdout1:one stdout9: two ");
    }
}
