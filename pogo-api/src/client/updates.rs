//! The streams of a namespace, each over as many connections as it takes.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::stream::{BoxStream, Stream, StreamExt, unfold};
use http_body_util::BodyExt;
use hyper::Method;
use hyper::body::{Bytes, Incoming};
use pogo_core::stream::{StreamRequest, Update};
use tokio::time::timeout;

use super::connection::{Connection, SendError, Sent};
use super::event_parser::{EventParser, ServerEvent};
use super::patience::Patience;
use super::{ClientError, NamespaceClient};
use crate::wire::{
    END_EVENT, HostOutput, NamespaceName, OUTPUT_EVENT, PROBLEM_EVENT, Problem, QUESTION_EVENT, Question, stream_path,
    stream_path_with_output, stream_path_with_questions,
};

/// A stream of [`Update`]s, which reconnects by itself. See [`NamespaceClient::subscribe`].
pub struct Updates {
    updates: BoxStream<'static, Result<Update, ClientError>>,
}

/// A stream of updates and of what hosts write, which reconnects by itself. See [`NamespaceClient::follow`].
pub struct Followed {
    items: BoxStream<'static, Result<FollowItem, ClientError>>,
}

/// What comes to whoever follows.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FollowItem {
    /// Something has happened.
    Update(Box<Update>),
    /// A host has written something.
    Output(Box<HostOutput>),
    /// Somebody is asked for something.
    Question(Box<Question>),
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

    /// Follows what happens as [`subscribe`](Self::subscribe) does, and what hosts write while they write it. What an
    /// attempt wrote comes before the record of its end, unless it was left out, which
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
            Ok(FollowItem::Output(_) | FollowItem::Question(_)) => None,
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

    fn with_questions(namespace: NamespaceClient, request: StreamRequest) -> Self {
        let items = items(namespace, request, stream_path_with_questions).boxed();
        Self { items }
    }
}

fn items(
    namespace: NamespaceClient,
    request: StreamRequest,
    path: StreamPath,
) -> impl Stream<Item = Result<FollowItem, ClientError>> + Send + 'static {
    let patience = namespace.client().patience();
    let following = Following {
        namespace,
        request,
        path,
        connected: None,
        was_connected: false,
        patience,
    };
    unfold(Some(following), async |state: Option<Following>| {
        let mut state = state?;
        match state.next().await {
            Ok(item) => Some((Ok(item), Some(state))),
            Err(error) => Some((Err(error), None)),
        }
    })
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

/// Where a stream is asked for.
type StreamPath = fn(&NamespaceName, &StreamRequest) -> String;

/// A connection on which events come.
struct Connected {
    body: Incoming,
    parser: EventParser,
    _connection: Connection,
}

/// What came.
enum Received {
    Item(FollowItem),
    /// The connection is no longer of use.
    Broken(String),
    /// Nothing goes on after it.
    Over(ClientError),
}

struct Following {
    namespace: NamespaceClient,
    /// With the id after which the next connection goes on.
    request: StreamRequest,
    path: StreamPath,
    connected: Option<Connected>,
    /// Whether a server was there, so that it is waited for.
    was_connected: bool,
    patience: Patience,
}

impl Following {
    async fn next(&mut self) -> Result<FollowItem, ClientError> {
        loop {
            let Some(mut connected) = self.connected.take() else {
                self.connect().await?;
                continue;
            };
            match self.receive(&mut connected).await {
                Received::Item(item) => {
                    self.connected = Some(connected);
                    self.patience.succeeded();
                    if let FollowItem::Update(update) = &item {
                        self.follow(update)?;
                    }
                    return Ok(item);
                }
                Received::Broken(message) => self.wait(SendError::Lost(message)).await?,
                Received::Over(error) => return Err(error),
            }
        }
    }

    async fn connect(&mut self) -> Result<(), ClientError> {
        let client = self.namespace.client();
        let sent = Sent {
            method: Method::GET,
            path: (self.path)(self.namespace.name(), &self.request),
            body: Bytes::new(),
            accept: "text/event-stream",
            if_match: None,
        };
        let opened = timeout(client.options().answer, client.open(sent)).await;
        let opened = opened.unwrap_or_else(|_| Err(SendError::Lost("no answer has come in time".to_owned())));
        match opened {
            Ok(Ok((response, connection))) => {
                self.was_connected = true;
                self.connected = Some(Connected {
                    body: response.into_body(),
                    parser: EventParser::default(),
                    _connection: connection,
                });
                Ok(())
            }
            Ok(Err(ClientError::Refused(problem))) if self.was_connected && problem.kind.is_transient() => {
                self.wait_after(*problem).await
            }
            Ok(Err(error)) => Err(error),
            Err(error) => self.wait(error).await,
        }
    }

    /// Waits before the next connection.
    async fn wait(&mut self, error: SendError) -> Result<(), ClientError> {
        self.was_connected |= matches!(error, SendError::Lost(_));
        let waited = self.patience.wait_for_server(error, self.was_connected).await;
        waited.map_err(|error| self.namespace.client().give_up(error, self.was_connected, false))
    }

    async fn wait_after(&mut self, problem: Problem) -> Result<(), ClientError> {
        match self.patience.wait().await {
            true => Ok(()),
            false => Err(ClientError::Refused(Box::new(problem))),
        }
    }

    async fn receive(&mut self, connected: &mut Connected) -> Received {
        loop {
            match connected.parser.next_event() {
                Ok(Some(event)) => match self.read(&event) {
                    Some(came) => return came,
                    None => continue,
                },
                Ok(None) => {}
                Err(error) => return Received::Over(self.protocol(error.to_string())),
            }
            let silence = self.namespace.client().options().silence;
            let frame = match timeout(silence, connected.body.frame()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) => return Received::Broken(error.to_string()),
                Ok(None) => return Received::Broken("the server has ended the stream".to_owned()),
                Err(_) => return Received::Broken("no heartbeat has come".to_owned()),
            };
            self.patience.is_alive();
            let bytes = frame.into_data().unwrap_or_default();
            if let Err(error) = connected.parser.push(&bytes) {
                return Received::Over(self.protocol(error.to_string()));
            }
        }
    }

    /// What an event says; nothing if it is one of a newer server.
    fn read(&self, event: &ServerEvent) -> Option<Received> {
        Some(match event.name.as_str() {
            "" => match serde_json::from_str(&event.data) {
                Ok(update) => Received::Item(FollowItem::Update(Box::new(update))),
                Err(error) => Received::Over(self.protocol(error.to_string())),
            },
            OUTPUT_EVENT => match serde_json::from_str(&event.data) {
                Ok(output) => Received::Item(FollowItem::Output(Box::new(output))),
                Err(error) => Received::Over(self.protocol(error.to_string())),
            },
            QUESTION_EVENT => match serde_json::from_str(&event.data) {
                Ok(question) => Received::Item(FollowItem::Question(Box::new(question))),
                // One of a newer server, for whoever knows it.
                Err(_) => return None,
            },
            END_EVENT => Received::Broken("the server has ended the stream".to_owned()),
            PROBLEM_EVENT => match serde_json::from_str::<Problem>(&event.data) {
                Ok(problem) if problem.kind.is_transient() => Received::Broken(problem.to_string()),
                Ok(problem) => Received::Over(ClientError::Refused(Box::new(problem))),
                Err(error) => Received::Over(self.protocol(error.to_string())),
            },
            _ => return None,
        })
    }

    /// Notes where the next connection goes on.
    fn follow(&mut self, update: &Update) -> Result<(), ClientError> {
        if let Update::Records { after, .. } = update
            && self.request.after.is_some_and(|at| at != *after)
        {
            let at = self.request.after.map(|at| at.to_string()).unwrap_or_default();
            return Err(self.protocol(format!(
                "it goes on after {after}, and was asked for what comes after {at}"
            )));
        }
        // After a resync, only a snapshot goes on.
        self.request.after = update.id();
        Ok(())
    }

    fn protocol(&self, message: String) -> ClientError {
        self.namespace.client().protocol(message)
    }
}
