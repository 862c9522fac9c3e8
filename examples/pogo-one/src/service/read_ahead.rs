//! Reads what many attempts wrote with one request.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use pogo_api::ClientError;
use pogo_api::wire::OutputRange;
use pogo_core::dispatcher::Stream;
use pogo_core::output::{OutputBatch, OutputPage};
use pogo_core::scheduler::{AttemptId, JobId};

use super::kept_output::KeptOutput;

/// Where output is kept, and what was read ahead of it: to ask for each of ten thousand hosts takes a connection for
/// each, which cost several times as much as everything else that `attach` does.
pub(crate) struct ReadAhead<K> {
    kept: K,
    ahead: Mutex<Ahead>,
}

/// What was read with the last request, and was not asked for yet.
#[derive(Default)]
struct Ahead {
    pages: HashMap<AttemptId, Vec<(Stream, OutputPage)>>,
    /// The server has no answer to such a request.
    is_refused: bool,
}

impl<K: KeptOutput> ReadAhead<K> {
    /// Of how many attempts output is asked for at once. What comes is bounded by the server, to 1 MiB.
    const ATTEMPTS: usize = 500;

    pub(crate) fn new(kept: K) -> Self {
        let ahead = Mutex::default();
        Self { kept, ahead }
    }

    fn ahead(&self) -> MutexGuard<'_, Ahead> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what an attempt wrote is here.
    pub(crate) fn has(&self, attempt: AttemptId) -> bool {
        self.ahead().pages.contains_key(&attempt)
    }

    /// Reads what these attempts wrote, as many as are asked for at once, unless what the first wrote is here.
    pub(crate) async fn ahead_of(
        &self,
        job: JobId,
        attempts: impl Iterator<Item = AttemptId>,
    ) -> Result<(), ClientError> {
        let mut attempts = attempts.peekable();
        if attempts.peek().is_none_or(|first| self.has(*first)) {
            return Ok(());
        }
        let attempts: Vec<_> = attempts.take(Self::ATTEMPTS).collect();
        self.fetch(job, &attempts).await
    }

    /// Reads what these attempts wrote, as far as it fits; what was read before and not asked for is dropped.
    async fn fetch(&self, job: JobId, attempts: &[AttemptId]) -> Result<(), ClientError> {
        self.clear();
        if self.ahead().is_refused || attempts.is_empty() {
            return Ok(());
        }
        let batch = match self.kept.batch(job, attempts).await {
            Ok(batch) => batch,
            // Each is asked for by itself then, as it is of older servers, and says what is wrong.
            Err(ClientError::Refused(_)) => {
                self.ahead().is_refused = true;
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let OutputBatch { pages, left_out, .. } = batch;
        let mut ahead = self.ahead();
        let whole = attempts.iter().filter(|attempt| !left_out.contains(attempt));
        ahead.pages.extend(whole.map(|attempt| (*attempt, vec![])));
        for (attempt, stream, page) in pages {
            ahead.pages.entry(attempt).or_default().push((stream, page));
        }
        Ok(())
    }

    /// Drops what is here.
    pub(crate) fn clear(&self) {
        self.ahead().pages.clear();
    }

    /// Drops what is here of an attempt, of which more may have come since.
    pub(crate) fn forget(&self, attempt: AttemptId) {
        self.ahead().pages.remove(&attempt);
    }

    /// A stream as it was read ahead.
    fn take(&self, range: &OutputRange) -> Option<OutputPage> {
        // What ends at a byte comes before a piece that has come since.
        if range.to.is_some() {
            return None;
        }
        let mut ahead = self.ahead();
        let streams = ahead.pages.get_mut(&range.attempt)?;
        match streams.iter().position(|(stream, _)| *stream == range.stream) {
            Some(at) => Some(streams.swap_remove(at).1),
            None => Some(OutputPage::new(vec![], range.from, range.from, true)),
        }
    }
}

#[async_trait]
impl<K: KeptOutput + Send> KeptOutput for ReadAhead<K> {
    async fn page(&self, range: &OutputRange) -> Result<OutputPage, ClientError> {
        match self.take(range) {
            Some(page) => Ok(page),
            None => self.kept.page(range).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pogo_api::wire::{Problem, ProblemKind};
    use pogo_core::Timestamp;
    use pogo_core::output::{OutputFrame, OutputSource};

    use super::*;

    const JOB: JobId = JobId::new(1);

    /// A store in which attempts have written their number.
    #[derive(Default)]
    struct Kept {
        /// How many attempts fit into an answer; none where such requests are refused.
        most: Option<usize>,
        batches: Mutex<Vec<Vec<u64>>>,
        pages: Mutex<Vec<u64>>,
    }

    fn page_of(attempt: AttemptId, stream: Stream) -> OutputPage {
        let text = attempt.number().to_string();
        let source = Arc::new(OutputSource::new(JOB, "web1".parse().unwrap(), attempt));
        let length = text.len() as u64;
        let frame = OutputFrame::new(source, stream, 0, Timestamp::from_millis(1), text);
        OutputPage::new(vec![frame], length, length, true)
    }

    #[async_trait]
    impl KeptOutput for &Kept {
        async fn page(&self, range: &OutputRange) -> Result<OutputPage, ClientError> {
            self.pages.lock().unwrap().push(range.attempt.number());
            Ok(page_of(range.attempt, range.stream))
        }

        async fn batch(&self, _: JobId, attempts: &[AttemptId]) -> Result<OutputBatch, ClientError> {
            let numbers = attempts.iter().map(|attempt| attempt.number());
            self.batches.lock().unwrap().push(numbers.collect());
            let Some(most) = self.most else {
                let problem = Problem::new(ProblemKind::NoSuchPath, "a server from before");
                return Err(ClientError::Refused(Box::new(problem)));
            };
            let mut batch = OutputBatch::new(1 << 20);
            for (at, attempt) in attempts.iter().enumerate() {
                match at < most {
                    true => batch.add(*attempt, [(Stream::Stdout, page_of(*attempt, Stream::Stdout))]),
                    false => batch.leave_out(*attempt),
                }
            }
            Ok(batch)
        }
    }

    fn attempts(numbers: std::ops::Range<u64>) -> impl Iterator<Item = AttemptId> {
        numbers.map(AttemptId::new)
    }

    /// Reads all of them in turn, and holds what comes to what they wrote.
    async fn read_all(kept: &Kept, numbers: std::ops::Range<u64>) {
        let ahead = ReadAhead::new(kept);
        for attempt in attempts(numbers.clone()) {
            ahead
                .ahead_of(JOB, attempts(attempt.number()..numbers.end))
                .await
                .unwrap();
            let range = OutputRange::of(JOB, attempt, Stream::Stdout);
            assert_eq!(ahead.page(&range).await.unwrap(), page_of(attempt, Stream::Stdout));
        }
    }

    #[tokio::test]
    async fn many_attempts_are_read_with_one_request() {
        let kept = Kept {
            most: Some(1_000),
            ..Kept::default()
        };
        read_all(&kept, 1..1_201).await;
        let asked: Vec<_> = kept.batches.lock().unwrap().iter().map(Vec::len).collect();
        assert_eq!(asked, [500, 500, 200]);
        assert!(kept.pages.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_did_not_fit_is_asked_for_again_and_by_itself_where_it_fits_nowhere() {
        let kept = Kept {
            most: Some(2),
            ..Kept::default()
        };
        read_all(&kept, 1..6).await;
        let first: Vec<_> = kept.batches.lock().unwrap().iter().map(|batch| batch[0]).collect();
        assert_eq!(first, [1, 3, 5]);
        let kept = Kept {
            most: Some(0),
            ..Kept::default()
        };
        read_all(&kept, 1..4).await;
        assert_eq!(*kept.pages.lock().unwrap(), [1, 2, 3]);
    }

    #[tokio::test]
    async fn an_older_server_is_asked_for_each() {
        let kept = Kept::default();
        read_all(&kept, 1..4).await;
        assert_eq!(*kept.pages.lock().unwrap(), [1, 2, 3]);
        assert_eq!(kept.batches.lock().unwrap().len(), 1, "it is asked once");
    }

    #[tokio::test]
    async fn what_may_have_grown_since_is_read_again() {
        let kept = Kept {
            most: Some(9),
            ..Kept::default()
        };
        let ahead = ReadAhead::new(&kept);
        let attempt = AttemptId::new(1);
        let read = async || {
            ahead
                .page(&OutputRange::of(JOB, attempt, Stream::Stdout))
                .await
                .unwrap()
        };
        ahead.ahead_of(JOB, attempts(1..2)).await.unwrap();
        ahead.clear();
        read().await;
        assert_eq!(*kept.pages.lock().unwrap(), [1]);
        ahead.ahead_of(JOB, attempts(1..2)).await.unwrap();
        ahead.forget(attempt);
        read().await;
        assert_eq!(*kept.pages.lock().unwrap(), [1, 1]);
        ahead.ahead_of(JOB, attempts(1..2)).await.unwrap();
        let before_a_piece = OutputRange::of(JOB, attempt, Stream::Stdout).to(1);
        ahead.page(&before_a_piece).await.unwrap();
        assert_eq!(*kept.pages.lock().unwrap(), [1, 1, 1], "a piece came since");
    }
}
