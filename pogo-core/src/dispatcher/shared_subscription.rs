//! Streams whose updates are made into something once for all who follow.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::stream::{BoxStream, Stream, StreamExt, unfold};

use super::subscription::{Found, Subscriber, SubscriptionError};
use super::update_cache::{Cuts, UpdateCache};
use crate::stream::{StreamId, Update};

/// An item of a [`SharedSubscription`].
#[derive(Debug, Clone, PartialEq)]
pub enum SharedUpdate<T> {
    /// What the [cache](UpdateCache) has made of an update with records.
    Records {
        /// Where the stream stands now.
        id: StreamId,
        /// What was made of it.
        made: T,
        /// Whether another is there, or so many records that they are worth one. Whoever pauses between updates does
        /// so when there is not.
        more: bool,
    },
    /// Another update, and every update of a stream of one job: these are of use to few.
    Other(Update),
}

/// A stream of [`SharedUpdate`]s. It ends when its dispatcher has ended; an error is its last item. See
/// [`Handle::subscribe_shared`](super::Handle::subscribe_shared).
pub struct SharedSubscription<T> {
    updates: BoxStream<'static, Result<SharedUpdate<T>, SubscriptionError>>,
}

impl<T: Clone + Send + 'static> SharedSubscription<T> {
    pub(super) fn new(subscriber: Subscriber, cache: Arc<UpdateCache<T>>) -> Self {
        let subscriber = subscriber.sharing(Arc::clone(&cache) as Arc<dyn Cuts>);
        let next = async |(mut subscriber, cache): (Subscriber, Arc<UpdateCache<T>>)| {
            let update = next(&mut subscriber, &cache).await?;
            Some((update, (subscriber, cache)))
        };
        Self {
            updates: unfold((subscriber, cache), next).boxed(),
        }
    }
}

async fn next<T: Clone + Send>(
    subscriber: &mut Subscriber,
    cache: &UpdateCache<T>,
) -> Option<Result<SharedUpdate<T>, SubscriptionError>> {
    loop {
        let (id, made) = match subscriber.next().await? {
            Ok(Found::Made { after, id }) => match cache.get(after, id) {
                Some(made) => (id, made),
                // Forgotten meanwhile, as this reader is far behind.
                None => {
                    subscriber.go_back(after);
                    continue;
                }
            },
            Ok(Found::Update(Update::Records { after, id, records })) if subscriber.shares() => {
                (id, cache.make(after, id, &Update::Records { after, id, records }))
            }
            Ok(Found::Update(update)) => return Some(Ok(SharedUpdate::Other(update))),
            Err(error) => return Some(Err(error)),
        };
        let more = subscriber.has_more();
        return Some(Ok(SharedUpdate::Records { id, made, more }));
    }
}

impl<T> Stream for SharedSubscription<T> {
    type Item = Result<SharedUpdate<T>, SubscriptionError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.updates.poll_next_unpin(context)
    }
}

impl<T> fmt::Debug for SharedSubscription<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSubscription").finish_non_exhaustive()
    }
}
