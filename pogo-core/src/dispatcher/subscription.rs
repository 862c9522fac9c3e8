//! Streams of a journal's records.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use event_listener::Event as Notification;
use futures::stream::{BoxStream, Stream, StreamExt, unfold};

use crate::journal::{ContentLoader, Journal, JournalError, Seq};
use crate::scheduler::Record;

/// Wakes subscriptions when the journal has grown, and at its end. It buffers no records: those are read from the
/// journal, so that a slow subscriber costs no memory.
#[derive(Default)]
pub(super) struct Growth {
    ended: AtomicBool,
    grown: Notification,
}

/// The dispatcher's end of a [`Growth`]: dropping it ends every subscription.
pub(super) struct GrowthSide(pub(super) Arc<Growth>);

impl GrowthSide {
    pub(super) fn notify(&self) {
        self.0.grown.notify(usize::MAX);
    }
}

impl Drop for GrowthSide {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::SeqCst);
        self.notify();
    }
}

/// The records of a journal from a position on: existing ones, then new ones, each once and in order. The stream ends when
/// its dispatcher has ended. See [`Handle::subscribe`](super::Handle::subscribe).
pub struct Subscription {
    records: BoxStream<'static, Result<(Seq, Record), JournalError>>,
}

impl Subscription {
    pub(super) fn new(journal: Arc<dyn Journal>, growth: Arc<Growth>, from: Seq) -> Self {
        let follower = Follower {
            journal,
            growth,
            at: from,
            page: VecDeque::new(),
            content: ContentLoader::new(),
            failed: false,
        };
        let next = async |mut follower: Follower| follower.next().await.map(|item| (item, follower));
        Self {
            records: unfold(follower, next).boxed(),
        }
    }
}

impl Stream for Subscription {
    type Item = Result<(Seq, Record), JournalError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.records.poll_next_unpin(context)
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}

struct Follower {
    journal: Arc<dyn Journal>,
    growth: Arc<Growth>,
    /// The position of the next record.
    at: Seq,
    /// Records that were read ahead.
    page: VecDeque<Record>,
    content: ContentLoader,
    failed: bool,
}

impl Follower {
    async fn next(&mut self) -> Option<Result<(Seq, Record), JournalError>> {
        loop {
            if let Some(mut record) = self.page.pop_front() {
                let named = std::slice::from_mut(&mut record);
                if let Err(error) = self.content.load(self.journal.as_ref(), named).await {
                    (self.failed, self.page) = (true, VecDeque::new());
                    return Some(Err(error));
                }
                let at = self.at;
                self.at = Seq(at.0 + 1);
                return Some(Ok((at, record)));
            }
            if self.failed {
                return None;
            }
            // Listens before it reads: an append during the read must wake it too.
            let grown = self.growth.grown.listen();
            let ended = self.growth.ended.load(Ordering::SeqCst);
            match self.journal.read(self.at).await {
                Ok(page) if !page.records.is_empty() => self.page = page.records.into(),
                Ok(_) if ended => return None,
                Ok(_) => grown.await,
                Err(error) => {
                    self.failed = true;
                    return Some(Err(error));
                }
            }
        }
    }
}
