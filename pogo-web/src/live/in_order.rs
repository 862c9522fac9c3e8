//! Updates, output and questions of a namespace, as one sequence.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use axum::body::Bytes;
use futures::future::{Either, FutureExt, select};
use futures::stream::StreamExt;
use pogo_core::dispatcher::{SharedSubscription, SharedUpdate, Subscription, SubscriptionError};
use pogo_core::journal::Seq;
use pogo_core::stream::{StreamId, Update};

use super::{FeedReader, OutputPiece, QuestionReader};

/// What happens in a namespace.
pub(crate) enum Updates {
    /// With records that are sent to others too.
    Shared(SharedSubscription<Bytes>),
    /// For one stream, whose records are parted where output comes between them.
    Own(Subscription),
}

impl Updates {
    /// The next update. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Option<Result<SharedUpdate<Bytes>, SubscriptionError>> {
        match self {
            Self::Shared(updates) => updates.next().await,
            Self::Own(updates) => Some(updates.next().await?.map(SharedUpdate::Other)),
        }
    }

    /// Whether everything before this position has come.
    fn has_come(&self, position: Seq) -> bool {
        match self {
            Self::Shared(_) => true,
            Self::Own(updates) => updates.position() >= position,
        }
    }
}

/// What comes next on a stream.
pub(super) enum StreamItem {
    /// Something has happened.
    Update(SharedUpdate<Bytes>),
    /// A host wrote something, or a person is asked something, as it is sent.
    Event(Bytes),
    /// Nothing comes any more, for this reason; `None` where the dispatcher has ended.
    End(Option<SubscriptionError>),
}

/// Puts together what comes by different ways: a piece of output comes behind all records that were acted on when it
/// was written, and before the record that ends its attempt. So nobody reads what a host wrote before its attempt
/// began, or before the failure that let the next host start.
pub(super) struct InOrder {
    updates: Updates,
    output: Option<FeedReader>,
    questions: Option<QuestionReader>,
    /// What was taken of the subscription, and does not come yet.
    update: Option<StreamItem>,
    /// What was taken of the output, and does not come yet.
    piece: Option<OutputPiece>,
}

impl InOrder {
    pub(super) fn new(updates: Updates, output: Option<FeedReader>, questions: Option<QuestionReader>) -> Self {
        Self {
            updates,
            output,
            questions,
            update: None,
            piece: None,
        }
    }

    /// Whether anything comes beside updates.
    pub(super) fn has_events(&self) -> bool {
        self.output.is_some() || self.questions.is_some()
    }

    /// Waits for the next item. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> StreamItem {
        loop {
            if self.piece.is_none() {
                // In this order: what an attempt wrote is there before the record of its end.
                if self.update.is_none() {
                    self.update = next_update(&mut self.updates).now_or_never();
                }
                self.piece = next_event(&mut self.output, &mut self.questions).now_or_never();
            }
            match (self.piece.take(), self.update.take()) {
                (Some(piece), Some(update)) => return self.first_of(piece, update),
                (None, Some(update)) => return update,
                (Some(piece), None) if self.updates.has_come(piece.behind) => {
                    return StreamItem::Event(piece.event);
                }
                (Some(piece), None) => {
                    let behind = piece.behind;
                    self.piece = Some(piece);
                    self.update = update_before(&mut self.updates, behind).await;
                }
                (None, None) => self.wait().await,
            }
        }
    }

    /// Waits until there is something.
    async fn wait(&mut self) {
        let event = pin!(next_event(&mut self.output, &mut self.questions));
        let update = pin!(next_update(&mut self.updates));
        match select(update, event).await {
            Either::Left((update, _)) => self.update = Some(update),
            Either::Right((piece, _)) => self.piece = Some(piece),
        }
    }

    /// Whichever of the two comes first, or the part of an update that does. The rest is kept.
    fn first_of(&mut self, piece: OutputPiece, update: StreamItem) -> StreamItem {
        let (first, rest) = parted(update, piece.behind);
        self.update = rest;
        match first {
            Some(first) => {
                self.piece = Some(piece);
                first
            }
            None => StreamItem::Event(piece.event),
        }
    }
}

async fn next_update(updates: &mut Updates) -> StreamItem {
    match updates.next().await {
        Some(Ok(update)) => StreamItem::Update(update),
        Some(Err(error)) => StreamItem::End(Some(error)),
        None => StreamItem::End(None),
    }
}

/// The next update; `None` as soon as none comes with anything before this position. In a stream of one job nothing
/// does where the records up to there are those of others.
async fn update_before(updates: &mut Updates, position: Seq) -> Option<StreamItem> {
    poll_fn(|context| {
        let next = pin!(next_update(updates)).poll(context).map(Some);
        match next {
            Poll::Pending if updates.has_come(position) => Poll::Ready(None),
            next => next,
        }
    })
    .await
}

/// What of an update comes before something that is behind this position, and what does not.
fn parted(item: StreamItem, behind: Seq) -> (Option<StreamItem>, Option<StreamItem>) {
    let item_of = |update| Some(StreamItem::Update(SharedUpdate::Other(update)));
    match item {
        StreamItem::Update(SharedUpdate::Other(update)) => {
            let (first, rest) = parted_update(update, behind);
            (first.and_then(item_of), rest.and_then(item_of))
        }
        // The end; or what others are sent as well, with whom no output comes.
        item => (None, Some(item)),
    }
}

fn parted_update(update: Update, behind: Seq) -> (Option<Update>, Option<Update>) {
    let Update::Records { after, id, mut records } = update else {
        // The state of later has what was written before, and whoever has missed something reads it anew.
        let is_before = update.id().is_some_and(|id| id.seq() <= behind);
        return if is_before {
            (Some(update), None)
        } else {
            (None, Some(update))
        };
    };
    let before = records.partition_point(|record| record.seq < behind);
    let rest = records.split_off(before);
    if rest.is_empty() {
        return (Some(Update::Records { after, id, records }), None);
    }
    if records.is_empty() {
        return (
            None,
            Some(Update::Records {
                after,
                id,
                records: rest,
            }),
        );
    }
    let between = StreamId::new(id.incarnation(), behind);
    let first = Update::Records {
        after,
        id: between,
        records,
    };
    let rest = Update::Records {
        after: between,
        id,
        records: rest,
    };
    (Some(first), Some(rest))
}

/// What hosts write and ask; nothing ever where nobody wants to know.
async fn next_event(output: &mut Option<FeedReader>, questions: &mut Option<QuestionReader>) -> OutputPiece {
    let output = pin!(async {
        match output {
            Some(reader) => reader.next().await,
            None => std::future::pending().await,
        }
    });
    let questions = pin!(async {
        match questions {
            // Whoever is asked has to answer before anything happens.
            Some(reader) => OutputPiece::at_once(reader.next().await),
            None => std::future::pending().await,
        }
    });
    match select(output, questions).await {
        Either::Left((event, _)) | Either::Right((event, _)) => event,
    }
}
