//! The client of a server.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::ETAG;
use hyper::{Method, Response, StatusCode};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::ClientError;
use super::connection::{Connection, SendError, Sent, send};
use super::endpoint::Endpoint;
use super::options::Options;
use super::patience::Patience;
use super::starter::Starter;
use crate::wire::{About, NamespaceEntry, Namespaces, Problem, ProblemKind};

/// A client of a server's API. Cheap to clone; it holds no connection between requests.
///
/// A request that was sent and whose answer was lost is sent again, until the server has not come back for [a
/// while](Self::reconnect_for): orders have a request id, so that each is carried out once. It needs a Tokio runtime.
#[derive(Debug, Clone)]
pub struct Client {
    endpoint: Arc<Endpoint>,
    options: Options,
    starter: Option<Starter>,
}

impl Client {
    /// The most bytes of an answer; those of queries and output are far smaller, and a configuration is as large as a
    /// fleet.
    const MAX_ANSWER: usize = 1 << 30;

    /// The client of the server with this socket, whose path may be of any length. Nothing is connected yet.
    pub fn unix(path: impl AsRef<Path>) -> Self {
        Self {
            endpoint: Arc::new(Endpoint::unix(path.as_ref())),
            options: Options::default(),
            starter: None,
        }
    }

    /// The client of the server at this address: `https://pogo.example.com:7646` (feature `tls`), or `http:` of this
    /// machine alone. Nothing is connected yet.
    ///
    /// # Errors
    /// It is no such address.
    ///
    /// ```
    /// use pogo_api::Client;
    ///
    /// assert!(Client::at("http://127.0.0.1:7646").is_ok());
    /// assert!(Client::at("http://pogo.example.com").is_err(), "a token would travel in the clear");
    /// ```
    pub fn at(url: &str) -> Result<Self, ClientError> {
        Ok(Self {
            endpoint: Arc::new(Endpoint::web(url)?),
            options: Options::default(),
            starter: None,
        })
    }

    /// Sets the token by which whoever asks is known, at an [address](Self::at). It is in no `Debug` text.
    #[must_use]
    pub fn token(mut self, token: impl Into<SecretString>) -> Self {
        self.endpoint = Arc::new(Endpoint::clone(&self.endpoint).with_token(token.into()));
        self
    }

    /// Trusts these authorities, certificates in PEM, in place of those of the operating system.
    ///
    /// # Errors
    /// They cannot be read.
    #[cfg(feature = "tls")]
    pub fn trusting(mut self, authorities: &[u8]) -> Result<Self, ClientError> {
        self.endpoint = Arc::new(Endpoint::clone(&self.endpoint).trusting(authorities)?);
        Ok(self)
    }

    /// Sets how long to wait for an answer before it counts as lost. Default: 3 minutes.
    #[must_use]
    pub fn answer_within(mut self, time: Duration) -> Self {
        self.options.answer = time;
        self
    }

    /// Sets how long a server may stay away that was reached before, or that was sent something. Default: 30 seconds.
    #[must_use]
    pub fn reconnect_for(mut self, time: Duration) -> Self {
        self.options.reconnect = time;
        self
    }

    /// Sets how a server is started that is not there, or does not come back in [its time](Self::reconnect_for).
    /// `start` returns once it answers, or at once if it does; its error says why there is none. Requests and streams
    /// go on with it: an order has the request id that it had before, so that it is carried out once. Default: nobody
    /// starts one.
    ///
    /// ```no_run
    /// use pogo_api::Client;
    ///
    /// # async fn start_our_dispatcher() -> Result<(), std::io::Error> { Ok(()) }
    /// let client = Client::unix("/run/our-tool/pogo.sock")
    ///     .started_by(|| async { start_our_dispatcher().await.map_err(|error| error.to_string()) });
    /// ```
    #[must_use]
    pub fn started_by<F>(mut self, start: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.starter = Some(Starter::new(start));
        self
    }

    /// Sets how long a stream may say nothing at all, heartbeats included, before it counts as broken. Default: a
    /// minute.
    #[must_use]
    pub fn silent_for(mut self, time: Duration) -> Self {
        self.options.silence = time;
        self
    }

    /// Who answers.
    ///
    /// # Errors
    /// Nobody does, or not in a way that can be read.
    pub async fn about(&self) -> Result<About, ClientError> {
        self.get("/v1".to_owned()).await
    }

    /// The namespaces of the server.
    ///
    /// # Errors
    /// As [`about`](Self::about), or it is not allowed.
    pub async fn namespaces(&self) -> Result<Vec<NamespaceEntry>, ClientError> {
        let answer: Namespaces = self.get("/v1/namespaces".to_owned()).await?;
        Ok(answer.namespaces)
    }

    pub(super) fn options(&self) -> Options {
        self.options
    }

    /// How long to wait for the server, and who starts it.
    pub(super) fn patience(&self) -> Patience {
        Patience::new(self.options.reconnect).or_start(self.starter.clone())
    }

    pub(super) fn server(&self) -> String {
        self.endpoint.to_string()
    }

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
        loop {
            let error = match timeout(self.options.answer, self.answer(sent.clone())).await {
                Ok(Ok(answered)) => return answered,
                Ok(Err(error)) => error,
                Err(_) => SendError::Lost("no answer has come in time".to_owned()),
            };
            was_there |= matches!(error, SendError::Lost(_));
            let waited = patience.wait_for_server(error, was_there).await;
            waited.map_err(|error| self.give_up(error, was_there, ordered))?;
        }
    }

    /// Sends a request once. Inside is the server's word, outside the failure of the connection.
    async fn answer(&self, sent: Sent) -> Result<Result<Answered, ClientError>, SendError> {
        let (response, connection) = send(&self.endpoint, sent).await?;
        let status = response.status();
        let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok());
        let tag = tag.map(str::to_owned);
        let body = collect(response).await?;
        drop(connection);
        Ok(match status {
            StatusCode::OK => Ok(Answered { body, tag }),
            _ => Err(self.refusal(status, &body)),
        })
    }

    /// Opens a response that is read as it comes.
    pub(super) async fn open(
        &self,
        sent: Sent,
    ) -> Result<Result<(Response<Incoming>, Connection), ClientError>, SendError> {
        let (response, connection) = send(&self.endpoint, sent).await?;
        let status = response.status();
        if status == StatusCode::OK {
            return Ok(Ok((response, connection)));
        }
        let body = collect(response).await?;
        Ok(Err(self.refusal(status, &body)))
    }

    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, ClientError> {
        serde_json::from_slice(bytes).map_err(|error| self.protocol(error.to_string()))
    }

    fn refusal(&self, status: StatusCode, body: &[u8]) -> ClientError {
        match serde_json::from_slice::<Problem>(body) {
            Ok(problem) => ClientError::Refused(Box::new(problem)),
            // What stands between, such as a proxy, speaks for itself.
            Err(_) if status.is_server_error() => {
                let detail = format!("{} says {status}", self.endpoint);
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
    let body = Limited::new(response.into_body(), Client::MAX_ANSWER);
    let collected = body.collect().await;
    Ok(collected.map_err(|error| SendError::lost(&*error))?.to_bytes())
}
