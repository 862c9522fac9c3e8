//! The streams of a namespace, as they are asked for.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::stream::{BoxStream, Stream, StreamExt};
use pogo_core::stream::{StreamRequest, Update};

use super::follow_item::FollowItem;
use super::following::{StreamPath, items};
use super::{ClientError, NamespaceClient};
use crate::wire::{stream_path, stream_path_with_output, stream_path_with_questions};

/// A stream of [`Update`]s, which reconnects by itself. See [`NamespaceClient::subscribe`].
pub struct Updates {
    updates: BoxStream<'static, Result<Update, ClientError>>,
}

/// A stream of updates and of what hosts write, which reconnects by itself. See [`NamespaceClient::follow`].
pub struct Followed {
    items: BoxStream<'static, Result<FollowItem, ClientError>>,
}

impl NamespaceClient {
    /// Follows what happens: a snapshot, or where the request goes on after an earlier update, then records as they
    /// become durable. It connects when it is polled first, and again whenever the connection breaks, and goes on after
    /// the last update: no record is lost, and none comes twice.
    ///
    /// An error is its last item: the server refuses, is not there at first, or has not [come
    /// back](crate::Client::reconnect_for).
    pub fn subscribe(&self, request: StreamRequest) -> Updates {
        Updates::new(self.clone(), request)
    }

    /// Follows what happens as [`subscribe`](Self::subscribe) does, and says when it has
    /// [reconnected](FollowItem::Reconnected). Unlike streams with output, it can be had of a server that stands by.
    pub fn watch(&self, request: StreamRequest) -> Followed {
        Followed::without_output(self.clone(), request)
    }

    /// Follows what happens as [`subscribe`](Self::subscribe) does, and what hosts write while they write it. What an
    /// attempt wrote comes behind the records of everything that had happened by then, such as its start or the failure
    /// of another host, and before the record of its end, unless it was left out, which
    /// [offsets](crate::wire::HostOutput::offset) show.
    pub fn follow(&self, request: StreamRequest) -> Followed {
        Followed::new(self.clone(), request)
    }

    /// Follows as [`follow`](Self::follow) does, for somebody who can ask a person: passphrases of key files and
    /// prompts of hosts come as questions, and wait for their [answer](Self::answer).
    pub fn attend(&self, request: StreamRequest) -> Followed {
        Followed::with_questions(self.clone(), request)
    }
}

impl Updates {
    fn new(namespace: NamespaceClient, request: StreamRequest) -> Self {
        let path = stream_path as StreamPath;
        // Output comes only where it is asked for.
        let updates = items(namespace, request, path).filter_map(async |item| match item {
            Ok(FollowItem::Update(update)) => Some(Ok(*update)),
            Ok(FollowItem::Output(_) | FollowItem::Question(_) | FollowItem::Reconnected { .. }) => None,
            Err(error) => Some(Err(error)),
        });
        let updates = updates.boxed();
        Self { updates }
    }
}

impl Followed {
    fn new(namespace: NamespaceClient, request: StreamRequest) -> Self {
        let items = items(namespace, request, stream_path_with_output).boxed();
        Self { items }
    }

    fn without_output(namespace: NamespaceClient, request: StreamRequest) -> Self {
        let items = items(namespace, request, stream_path).boxed();
        Self { items }
    }

    fn with_questions(namespace: NamespaceClient, request: StreamRequest) -> Self {
        let items = items(namespace, request, stream_path_with_questions).boxed();
        Self { items }
    }
}

impl Stream for Updates {
    type Item = Result<Update, ClientError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.updates.poll_next_unpin(context)
    }
}

impl Stream for Followed {
    type Item = Result<FollowItem, ClientError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.items.poll_next_unpin(context)
    }
}

impl fmt::Debug for Updates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Updates").finish_non_exhaustive()
    }
}

impl fmt::Debug for Followed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Followed").finish_non_exhaustive()
    }
}
