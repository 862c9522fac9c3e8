//! The client of a server.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::ClientError;
use super::endpoint::Endpoint;
use super::options::Options;
use super::patience::Patience;
use super::servers::Servers;
use super::starter::Starter;
use crate::wire::{About, NamespaceEntry, Namespaces};

/// A client of a server's API. Cheap to clone; it holds no connection between requests.
///
/// A request that was sent and whose answer was lost is sent again, until the server has not come back for [a
/// while](Self::reconnect_for): orders have a request id, so that each is carried out once. It needs a Tokio runtime.
#[derive(Debug, Clone)]
pub struct Client {
    pub(super) servers: Arc<Servers>,
    options: Options,
    starter: Option<Starter>,
}

impl Client {
    /// The client of the server with this socket, whose path may be of any length. Nothing is connected yet.
    pub fn unix(path: impl AsRef<Path>) -> Self {
        Self {
            servers: Arc::new(Servers::one(Endpoint::unix(path.as_ref()))),
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
        Self::at_any([url])
    }

    /// The client of the servers at these addresses, as [`at`](Self::at) has them, which dispatch the same namespaces
    /// one after the other. One of them is asked as long as it answers: the next one where it cannot be reached, says
    /// nothing any more, or stands by, and then the owner that it names, if that is among these. An order keeps its
    /// request id on the way, so that it is carried out once; streams and waits go on after a takeover.
    ///
    /// # Errors
    /// One is no such address, or there is none.
    ///
    /// ```
    /// use pogo_api::Client;
    ///
    /// assert!(Client::at_any(["http://127.0.0.1:7646", "http://127.0.0.1:7647"]).is_ok());
    /// ```
    pub fn at_any(urls: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, ClientError> {
        Ok(Self {
            servers: Arc::new(Servers::at_any(urls)?),
            options: Options::default(),
            starter: None,
        })
    }

    /// Sets the token by which whoever asks is known, at an [address](Self::at). It is in no `Debug` text.
    #[must_use]
    pub fn token(mut self, token: impl Into<SecretString>) -> Self {
        let token = token.into();
        let changed = self
            .servers
            .changed(|server| Ok::<_, Infallible>(server.with_token(token.clone())));
        // None of them refuses a token.
        let Ok(servers) = changed;
        self.servers = Arc::new(servers);
        self
    }

    /// Trusts these authorities, certificates in PEM, in place of those of the operating system.
    ///
    /// # Errors
    /// They cannot be read.
    #[cfg(feature = "tls")]
    pub fn trusting(mut self, authorities: &[u8]) -> Result<Self, ClientError> {
        let servers = self.servers.changed(|server| server.trusting(authorities))?;
        self.servers = Arc::new(servers);
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

    /// Which program answers: its version and its process.
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
        self.servers.to_string()
    }
}
