//! Requests: sent until one of the servers has answered.

use std::io;

use futures::future::{Either, select};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::ETAG;
use hyper::{Method, Response, StatusCode};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::connection::{Connection, SendError, Sent, send};
use super::servers::is_elsewhere;
use super::{Client, ClientError};
use crate::wire::{Problem, ProblemKind};

/// The most bytes of an answer; those of queries and output are far smaller, and a configuration is as large as a
/// fleet.
const MAX_ANSWER: usize = 1 << 30;

impl Client {
    pub(super) async fn get<T: DeserializeOwned>(&self, path: String) -> Result<T, ClientError> {
        self.exchange(Method::GET, path, Bytes::new(), false).await
    }

    /// As [`get`](Self::get), of a server that was there just now, and is waited for if it is gone.
    pub(super) async fn get_again<T: DeserializeOwned>(&self, path: String) -> Result<T, ClientError> {
        self.exchange(Method::GET, path, Bytes::new(), true).await
    }

    /// As [`get`](Self::get), with the tag of what was read.
    pub(super) async fn get_tagged<T: DeserializeOwned>(
        &self,
        path: String,
    ) -> Result<(T, Option<String>), ClientError> {
        let answered = self
            .exchange_bytes(Method::GET, path, (Bytes::new(), None), false)
            .await?;
        Ok((self.read(&answered.body)?, answered.tag))
    }

    pub(super) async fn post<T: DeserializeOwned>(&self, path: String, body: Vec<u8>) -> Result<T, ClientError> {
        self.exchange(Method::POST, path, body.into(), false).await
    }

    /// As [`post`](Self::post), if what was read under this tag is still so.
    pub(super) async fn post_if<T: DeserializeOwned>(
        &self,
        path: String,
        body: Vec<u8>,
        if_match: Option<String>,
    ) -> Result<T, ClientError> {
        let answered = self
            .exchange_bytes(Method::POST, path, (body.into(), if_match), false)
            .await?;
        self.read(&answered.body)
    }

    /// Sends a request until it is answered, or until a server that was there has not come back.
    async fn exchange<T: DeserializeOwned>(
        &self,
        method: Method,
        path: String,
        body: Bytes,
        was_there: bool,
    ) -> Result<T, ClientError> {
        let answered = self.exchange_bytes(method, path, (body, None), was_there).await?;
        self.read(&answered.body)
    }

    async fn exchange_bytes(
        &self,
        method: Method,
        path: String,
        (body, if_match): (Bytes, Option<String>),
        mut was_there: bool,
    ) -> Result<Answered, ClientError> {
        let (ordered, accept) = (method == Method::POST, "application/json");
        let sent = Sent {
            method,
            path,
            body,
            accept,
            if_match,
        };
        let mut patience = self.patience();
        // A tour is of one request: others may turn meanwhile, and each asks every server before it
        // waits.
        let mut tour = self.servers.tour();
        loop {
            let (at, _) = self.servers.current();
            let error = match self.asked(at, sent.clone()).await {
                Ok(Err(ClientError::Refused(problem))) if self.servers.are_several() && is_elsewhere(&problem) => {
                    was_there = true;
                    if self.servers.turn(at, &mut tour, problem.owner_url.as_deref()) {
                        continue;
                    }
                    // A journal that is away for all of them is nobody's to wait for.
                    if problem.kind != ProblemKind::JournalAway && patience.wait().await {
                        continue;
                    }
                    return Err(ClientError::Refused(problem));
                }
                Ok(answered) => return answered,
                Err(error) => error,
            };
            // Once something was sent it may have been carried out, so it is sent again with its
            // request id until somebody says.
            was_there |= matches!(error, SendError::Lost(_));
            if !matches!(error, SendError::Invalid(_)) && self.servers.turn(at, &mut tour, None) {
                continue;
            }
            let waited = patience.wait_for_server(error, was_there).await;
            waited.map_err(|error| self.give_up(error, was_there, ordered))?;
        }
    }

    /// Sends a request to a server, as long as that lives.
    async fn asked(&self, at: usize, sent: Sent) -> Result<Result<Answered, ClientError>, SendError> {
        let answer = timeout(self.options().answer, self.answer(at, sent));
        match select(std::pin::pin!(answer), std::pin::pin!(self.until_dead(at))).await {
            Either::Left((Ok(answer), _)) => answer,
            Either::Left((Err(_), _)) => Err(SendError::Lost("no answer has come in time".to_owned())),
            Either::Right(_) => Err(SendError::Lost("it does not answer any more".to_owned())),
        }
    }

    /// Sends a request once. Inside is the server's word, outside the failure of the connection.
    async fn answer(&self, at: usize, sent: Sent) -> Result<Result<Answered, ClientError>, SendError> {
        let (response, connection) = send(self.servers.nth(at), sent).await?;
        let status = response.status();
        let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok());
        let tag = tag.map(str::to_owned);
        let body = collect(response).await?;
        // Only after the body: dropping it ends the connection.
        drop(connection);
        Ok(match status {
            StatusCode::OK => Ok(Answered { body, tag }),
            _ => Err(self.refusal(at, status, &body)),
        })
    }

    /// Opens a response that is read as it comes.
    pub(super) async fn open(
        &self,
        at: usize,
        sent: Sent,
    ) -> Result<Result<(Response<Incoming>, Connection), ClientError>, SendError> {
        let (response, connection) = send(self.servers.nth(at), sent).await?;
        let status = response.status();
        if status == StatusCode::OK {
            return Ok(Ok((response, connection)));
        }
        let body = collect(response).await?;
        Ok(Err(self.refusal(at, status, &body)))
    }

    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, ClientError> {
        serde_json::from_slice(bytes).map_err(|error| self.protocol(error.to_string()))
    }

    fn refusal(&self, at: usize, status: StatusCode, body: &[u8]) -> ClientError {
        match serde_json::from_slice::<Problem>(body) {
            Ok(problem) => ClientError::Refused(Box::new(problem)),
            // What stands between, such as a proxy, speaks for itself.
            Err(_) if status.is_server_error() => {
                let detail = format!("{} says {status}", self.servers.nth(at));
                ClientError::Refused(Box::new(Problem::new(ProblemKind::Busy, detail)))
            }
            Err(_) => self.protocol(format!("it says {status} without a reason")),
        }
    }

    pub(super) fn protocol(&self, message: String) -> ClientError {
        let server = self.server();
        ClientError::Protocol { server, message }
    }

    pub(super) fn give_up(&self, error: SendError, was_there: bool, ordered: bool) -> ClientError {
        let server = self.server();
        let message = match error {
            SendError::Invalid(message) => return ClientError::Unsupported { message },
            SendError::Connect(source) if !was_there => {
                return match source.kind() {
                    io::ErrorKind::PermissionDenied => ClientError::NotPermitted { server, source },
                    _ => ClientError::Unreachable { server, source },
                };
            }
            SendError::Connect(source) => source.to_string(),
            SendError::Lost(message) => message,
        };
        ClientError::ContactLost {
            server,
            message,
            ordered,
        }
    }
}

/// What a server answered.
struct Answered {
    body: Bytes,
    /// The name of the revision that it is of.
    tag: Option<String>,
}

async fn collect(response: Response<Incoming>) -> Result<Bytes, SendError> {
    let body = Limited::new(response.into_body(), MAX_ANSWER);
    let collected = body.collect().await;
    Ok(collected.map_err(|error| SendError::lost(&*error))?.to_bytes())
}
