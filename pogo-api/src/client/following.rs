//! A stream of a namespace, over as many connections and servers as it takes.

use std::pin::pin;
use std::sync::{Mutex, PoisonError};

use futures::future::{Either, select};
use futures::stream::{Stream, unfold};
use http_body_util::BodyExt;
use hyper::Method;
use hyper::body::{Bytes, Incoming};
use pogo_core::stream::{ResyncReason, StreamRequest, Update};
use tokio::time::{Instant, timeout};

use super::connection::{Connection, SendError, Sent};
use super::event_parser::{EventParser, ServerEvent};
use super::follow_item::FollowItem;
use super::patience::Patience;
use super::servers::{Tour, is_elsewhere};
use super::{ClientError, NamespaceClient};
use crate::wire::{END_EVENT, NamespaceName, OUTPUT_EVENT, PROBLEM_EVENT, Problem, QUESTION_EVENT, StandbyStatus};

/// Where a stream is asked for.
pub(super) type StreamPath = fn(&NamespaceName, &StreamRequest) -> String;

/// What comes, until an error.
pub(super) fn items(
    namespace: NamespaceClient,
    request: StreamRequest,
    path: StreamPath,
) -> impl Stream<Item = Result<FollowItem, ClientError>> + Send + 'static {
    let patience = namespace.client().patience();
    let namespace_tour = namespace.client().servers.tour();
    let following = Following {
        namespace,
        request,
        path,
        connected: None,
        was_connected: false,
        tour: namespace_tour,
        behind: 0,
        lost_at: None,
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

/// A connection on which events come.
struct Connected {
    /// Which server it is of.
    at: usize,
    /// Whether that dispatches, or follows another that does.
    dispatches: bool,
    body: Incoming,
    parser: EventParser,
    _connection: Connection,
}

/// What came.
enum Received {
    /// An update or a piece of output.
    Item(FollowItem),
    /// The connection is no longer of use.
    Broken(String),
    /// The server has said nothing since then, or cannot dispatch while another does.
    Silent(Instant),
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
    tour: Tour,
    /// How many servers in a row knew less than what was seen.
    behind: u32,
    /// When the last connection broke, until there is another.
    lost_at: Option<Instant>,
    patience: Patience,
}

/// Whether a server says that there is nothing where the stream is to go on.
fn is_beyond_end(item: &FollowItem) -> bool {
    let FollowItem::Update(update) = item else { return false };
    matches!(
        **update,
        Update::Resync {
            reason: ResyncReason::BeyondEnd
        }
    )
}

impl Following {
    /// After how many of them it is believed that the records are gone.
    const BEHIND: u32 = 12;

    async fn next(&mut self) -> Result<FollowItem, ClientError> {
        loop {
            let Some(mut connected) = self.connected.take() else {
                self.connect().await?;
                if self.connected.is_some()
                    && let Some(lost_at) = self.lost_at.take()
                {
                    return Ok(FollowItem::Reconnected {
                        after: lost_at.elapsed(),
                    });
                }
                continue;
            };
            match self.receive(&mut connected).await {
                // A server that follows, or that was the owner until a moment ago, may know less than another has said.
                Received::Item(item) if is_beyond_end(&item) && self.may_be_elsewhere() => {
                    self.wait(connected.at, SendError::Lost("it has not read so far".to_owned()))
                        .await?;
                }
                Received::Item(item) => {
                    self.connected = Some(connected);
                    self.behind = 0;
                    self.patience.succeeded();
                    if let FollowItem::Update(update) = &item {
                        self.follow(update)?;
                    }
                    return Ok(item);
                }
                Received::Broken(message) => self.lose(&connected, (Instant::now(), message)).await?,
                Received::Silent(since) => {
                    let message = "the server does not answer, or another one dispatches".to_owned();
                    self.lose(&connected, (since, message)).await?;
                }
                Received::Over(error) => return Err(error),
            }
        }
    }

    /// Goes on where the stream broke.
    async fn lose(&mut self, lost: &Connected, (since, message): (Instant, String)) -> Result<(), ClientError> {
        // One that takes over ends the streams with which it followed: that is no loss of a dispatcher.
        if lost.dispatches {
            self.lost_at.get_or_insert(since);
        }
        self.wait(lost.at, SendError::Lost(message)).await
    }

    /// Whether another server is worth a try that may know more; each of them gets several.
    fn may_be_elsewhere(&mut self) -> bool {
        self.behind += 1;
        self.namespace.client().servers.are_several() && self.behind < Self::BEHIND
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
        let (at, _) = client.servers.current();
        let opening = timeout(client.options().answer, client.open(at, sent));
        let opened = match select(pin!(opening), pin!(client.until_dead(at))).await {
            Either::Left((Ok(opened), _)) => opened,
            Either::Left((Err(_), _)) => Err(SendError::Lost("no answer has come in time".to_owned())),
            Either::Right(_) => Err(SendError::Lost("it does not answer any more".to_owned())),
        };
        match opened {
            Ok(Ok((response, connection))) => {
                self.was_connected = true;
                let dispatches = !response.headers().contains_key(StandbyStatus::BEHIND_HEADER);
                self.connected = Some(Connected {
                    at,
                    dispatches,
                    body: response.into_body(),
                    parser: EventParser::default(),
                    _connection: connection,
                });
                Ok(())
            }
            Ok(Err(ClientError::Refused(problem))) => self.refused(at, problem).await,
            Ok(Err(error)) => Err(error),
            Err(error) => self.wait(at, error).await,
        }
    }

    /// Another server may have the stream, or this one later.
    async fn refused(&mut self, at: usize, problem: Box<Problem>) -> Result<(), ClientError> {
        let servers = &self.namespace.client().servers;
        let is_elsewhere = servers.are_several() && is_elsewhere(&problem);
        if is_elsewhere && servers.turn(at, &mut self.tour, problem.owner_url.as_deref()) {
            return Ok(());
        }
        let is_awaited = is_elsewhere || self.was_connected && problem.kind.is_transient();
        match is_awaited && self.patience.wait().await {
            true => Ok(()),
            false => Err(ClientError::Refused(problem)),
        }
    }

    /// Turns to another server, or waits before the next connection.
    async fn wait(&mut self, at: usize, error: SendError) -> Result<(), ClientError> {
        let client = self.namespace.client();
        self.was_connected |= matches!(error, SendError::Lost(_));
        let is_invalid = matches!(error, SendError::Invalid(_));
        if !is_invalid && client.servers.turn(at, &mut self.tour, None) {
            return Ok(());
        }
        let waited = self.patience.wait_for_server(error, self.was_connected).await;
        waited.map_err(|error| client.give_up(error, self.was_connected, false))
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
            let client = self.namespace.client();
            let frame = timeout(client.options().silence, connected.body.frame());
            let heard = Mutex::new(Instant::now());
            // Beside the stream, not instead of the silence limit: an owner that lost its journal
            // still sends heartbeats.
            let elsewhere = client.until_elsewhere(connected.at, &heard);
            let frame = match select(pin!(frame), pin!(elsewhere)).await {
                Either::Left((Ok(Some(Ok(frame))), _)) => frame,
                Either::Left((Ok(Some(Err(error))), _)) => return Received::Broken(error.to_string()),
                Either::Left((Ok(None), _)) => return Received::Broken("the server has ended the stream".to_owned()),
                Either::Left((Err(_), _)) => return Received::Broken("no heartbeat has come".to_owned()),
                Either::Right(_) => {
                    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                    return Received::Silent(*heard);
                }
            };
            // After any bytes, heartbeats included. The pauses between tries stay long until an
            // item comes: a server may accept streams and end each.
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
            "" => match Update::from_json(&event.data) {
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
            // A gap would be records lost without a word; better an error than a reader that
            // believes it saw all.
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
