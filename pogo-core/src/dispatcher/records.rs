//! The records of a journal as they come.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use event_listener::EventListener;
use futures::stream::{BoxStream, Stream, StreamExt, unfold};

use super::growth::Growth;
use crate::journal::{ContentLoader, Journal, JournalError, Seq};
use crate::scheduler::Record;

/// The records of a journal from a position on: existing ones, then new ones, each once and in order. The stream ends
/// when its dispatcher has ended. See [`Handle::records`](super::Handle::records).
pub struct Records {
    records: BoxStream<'static, Result<(Seq, Record), JournalError>>,
}

impl Records {
    pub(super) fn new(reader: RecordReader) -> Self {
        let next = async |mut reader: RecordReader| loop {
            match reader.read(1).await {
                Ok(JournalRead::Records(records)) => {
                    let record = records.into_iter().next()?;
                    return Some((Ok(record), reader));
                }
                Ok(JournalRead::Nothing(grown)) => grown.await,
                Ok(JournalRead::Ended) => return None,
                Err(error) => {
                    reader.close();
                    return Some((Err(error), reader));
                }
            }
        };
        Self {
            records: unfold(reader, next).boxed(),
        }
    }
}

impl Stream for Records {
    type Item = Result<(Seq, Record), JournalError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.records.poll_next_unpin(context)
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").finish_non_exhaustive()
    }
}

/// Reads a journal page by page.
pub(super) struct RecordReader {
    journal: Arc<dyn Journal>,
    growth: Arc<Growth>,
    /// The position of the next record.
    at: Seq,
    /// Records that were read ahead.
    page: VecDeque<Record>,
    content: ContentLoader,
    closed: bool,
}

/// What a journal has at a position.
pub(super) enum JournalRead {
    /// These records, at least one.
    Records(Vec<(Seq, Record)>),
    /// Nothing until this resolves.
    Nothing(EventListener),
    /// Nothing, and nothing more comes.
    Ended,
}

impl Drop for RecordReader {
    fn drop(&mut self) {
        self.growth.leave();
    }
}

impl RecordReader {
    /// The least number of records that are taken from memory at once, if they are there.
    const PAGE: usize = 500;

    pub(super) fn new(journal: Arc<dyn Journal>, growth: Arc<Growth>, from: Seq) -> Self {
        growth.enter();
        Self {
            journal,
            growth,
            at: from,
            page: VecDeque::new(),
            content: ContentLoader::new(),
            closed: false,
        }
    }

    /// The position of the next record.
    pub(super) fn at(&self) -> Seq {
        self.at
    }

    /// How many records it is behind.
    pub(super) fn lag(&self) -> u64 {
        self.growth.end().0.saturating_sub(self.at.0)
    }

    /// Goes on from another position.
    pub(super) fn seek(&mut self, at: Seq) {
        self.at = at;
        // Not `clear`: a thousand readers would each keep the memory of a page.
        self.page = VecDeque::new();
    }

    /// Reads nothing more.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    /// The next records, at most so many.
    pub(super) async fn read(&mut self, most: usize) -> Result<JournalRead, JournalError> {
        if self.closed {
            return Ok(JournalRead::Ended);
        }
        if self.page.is_empty() {
            // Listens before it reads: an append during the read must wake it too.
            let grown = self.growth.listen();
            // Read before the records: what was appended before the end is still found below.
            let ended = self.growth.has_ended();
            // Nothing is asked of the journal: a thousand followers at its end cost it nothing.
            if !ended && self.at == self.growth.end() {
                return Ok(JournalRead::Nothing(grown));
            }
            self.page = self.growth.recent(self.at, most.max(Self::PAGE));
            if self.page.is_empty() {
                self.page = self.journal.read(self.at).await?.records.into();
            }
            if self.page.is_empty() {
                return Ok(if ended {
                    JournalRead::Ended
                } else {
                    JournalRead::Nothing(grown)
                });
            }
        }
        let mut records = Vec::new();
        while records.len() < most
            && let Some(record) = self.page.front_mut()
        {
            let loaded = self
                .content
                .load(self.journal.as_ref(), std::slice::from_mut(record))
                .await;
            match loaded {
                Ok(()) => {}
                // What comes before it is read all the same.
                Err(_) if !records.is_empty() => break,
                Err(error) => return Err(error),
            }
            records.extend(self.page.pop_front().map(|record| (self.at, record)));
            self.at = Seq(self.at.0 + 1);
        }
        Ok(JournalRead::Records(records))
    }
}
