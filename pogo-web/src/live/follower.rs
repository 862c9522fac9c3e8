//! Somebody who follows a namespace.

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use futures::future::{Either, FutureExt, select};
use pogo_api::wire::StreamEndReason;
use pogo_core::dispatcher::SharedUpdate;
use tokio::time::{Instant, sleep_until};

use super::in_order::{InOrder, StreamItem, Updates};
use super::{EncodedUpdates, FeedReader, QuestionReader, UpdateForm, sse};
use crate::open_stream::OpenStream;
use crate::refusal::Refusal;

/// The last event of a stream that ends by itself.
pub(crate) type Ends = Pin<Box<dyn Future<Output = Bytes> + Send>>;

/// What a follower is sent.
pub(crate) struct Followed {
    pub(crate) first: SharedUpdate<Bytes>,
    pub(crate) updates: Updates,
    pub(crate) form: UpdateForm,
    pub(crate) output: Option<FeedReader>,
    pub(crate) questions: Option<QuestionReader>,
}

/// Somebody who follows. Only polled when what was sent before has been taken, so it holds about [`MOST`](Self::MOST)
/// bytes, and one update.
pub(crate) struct Follower {
    items: InOrder,
    form: UpdateForm,
    encoded: Arc<EncodedUpdates>,
    /// What is sent next.
    pieces: VecDeque<Bytes>,
    ends: Ends,
    /// Until when nothing is looked for.
    paced: Instant,
    /// Nothing comes after the pieces.
    over: bool,
    stream: OpenStream,
}

impl Follower {
    /// How long there is nothing new at least. What follows shows it to people; to be woken up for each commit took
    /// dispatcher and client more of the processor than the hosts did.
    const PACE: Duration = Duration::from_millis(50);
    /// For each stream that is open: to wake up for a thousand of them takes more than what they are sent, and the
    /// dispatcher has to go on.
    const PACE_OF_EACH: Duration = Duration::from_micros(250);
    /// How many bytes are sent at once.
    const MOST: usize = 1 << 20;

    pub(crate) async fn new(followed: Followed, encoded: Arc<EncodedUpdates>, ends: Ends, stream: OpenStream) -> Self {
        let begin = Bytes::from_static(sse::BEGIN);
        Self {
            pieces: VecDeque::from([begin, encoded.bytes(followed.first, followed.form).await.0]),
            form: followed.form,
            items: InOrder::new(followed.updates, followed.output, followed.questions),
            encoded,
            ends,
            paced: Instant::now(),
            over: false,
            stream,
        }
    }

    /// How long to pause until the next item.
    fn pace(&self) -> Duration {
        let open = u32::try_from(self.stream.all()).unwrap_or(u32::MAX);
        Self::PACE_OF_EACH.saturating_mul(open).max(Self::PACE)
    }

    /// The next bytes, and who comes after them; nobody after the last.
    pub(crate) async fn next(mut self) -> Option<(Bytes, Option<Self>)> {
        loop {
            if let Some(piece) = self.pieces.pop_front() {
                let is_last = self.over && self.pieces.is_empty();
                return Some((piece, (!is_last).then_some(self)));
            }
            self.collect().await;
        }
    }

    /// Waits until there is something to send, and takes all that is there.
    async fn collect(&mut self) {
        // Before anything else: of a stream that always has something to send it would never be asked.
        if let Some(last) = self.ends.as_mut().now_or_never() {
            return self.end(last).await;
        }
        sleep_until(self.paced).await;
        let item = match self.wait().await {
            Ok(item) => item,
            Err(last) => return self.end(last).await,
        };
        self.paced = Instant::now() + self.pace();
        let (bytes, mut more) = self.push(item).await;
        // Where nothing comes beside updates, each of them has all that there is.
        if self.items.has_events() {
            more = self.take(bytes).await;
        }
        if more {
            self.paced = Instant::now();
        }
    }

    /// Waits for an item, or for the last piece.
    async fn wait(&mut self) -> Result<StreamItem, Bytes> {
        match select(pin!(self.items.next()), self.ends.as_mut()).await {
            Either::Left((item, _)) => Ok(item),
            Either::Right((last, _)) => Err(last),
        }
    }

    /// Ends the stream behind what is there.
    async fn end(&mut self, last: Bytes) {
        self.take(0).await;
        if !self.over {
            self.pieces.push_back(last);
            self.over = true;
        }
    }

    /// Takes what is there, beside so many bytes; true if that is more than is sent at once.
    async fn take(&mut self, mut bytes: usize) -> bool {
        while bytes < Self::MOST && !self.over {
            let Some(item) = self.items.next().now_or_never() else {
                return false;
            };
            bytes += self.push(item).await.0;
        }
        !self.over
    }

    /// Sends an item next; gives its size, and whether another is there.
    async fn push(&mut self, item: StreamItem) -> (usize, bool) {
        let (piece, more) = match item {
            StreamItem::Event(event) => (event, false),
            StreamItem::Update(update) => self.encoded.bytes(update, self.form).await,
            StreamItem::End(error) => {
                self.over = true;
                let last = match error {
                    Some(error) => sse::problem(&Refusal::from(error).into_problem()),
                    None => sse::end(StreamEndReason::DispatcherEnded),
                };
                (last, false)
            }
        };
        let size = piece.len();
        self.pieces.push_back(piece);
        (size, more)
    }
}
