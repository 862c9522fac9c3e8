//! One request on a connection of its own: on a Unix socket that costs less than knowing whether an old connection
//! still works, and elsewhere it is what makes a request that is sent again the same as the first.

use std::io;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, IF_MATCH};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;

use super::endpoint::Endpoint;

/// What is sent.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Bytes,
    pub(super) accept: &'static str,
    /// What was read under this tag must still be so.
    pub(super) if_match: Option<String>,
}

/// Why a request brought no response.
#[derive(Debug)]
pub(super) enum SendError {
    /// Nothing was sent.
    Connect(io::Error),
    /// It may have been received.
    Lost(String),
    /// It cannot be sent.
    Invalid(String),
}

impl SendError {
    pub(super) fn lost(error: impl std::error::Error) -> Self {
        Self::Lost(with_causes(&error))
    }

    /// Whether this account may not connect.
    pub(super) fn is_refused(&self) -> bool {
        matches!(self, Self::Connect(error) if error.kind() == io::ErrorKind::PermissionDenied)
    }

    /// Whether more wait to be let in than the system keeps waiting.
    pub(super) fn is_crowded(&self) -> bool {
        matches!(self, Self::Connect(error) if error.kind() == io::ErrorKind::WouldBlock)
    }
}

/// An error with what caused it, in one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", with_causes(source)),
        None => error.to_string(),
    }
}

/// A connection, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Connection(JoinHandle<()>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sends a request. The body of the response comes as long as the connection is kept.
pub(super) async fn send(endpoint: &Endpoint, sent: Sent) -> Result<(Response<Incoming>, Connection), SendError> {
    let request = Request::builder().method(sent.method).uri(endpoint.path(sent.path));
    let request = request.header(HOST, endpoint.host()).header(ACCEPT, sent.accept);
    let request = match endpoint.authorization() {
        Some(authorization) => request.header(AUTHORIZATION, authorization),
        None => request,
    };
    let request = match sent.body.is_empty() {
        true => request,
        false => request.header(CONTENT_TYPE, "application/json"),
    };
    let request = match sent.if_match {
        Some(tag) => request.header(IF_MATCH, tag),
        None => request,
    };
    let request = request.body(Full::new(sent.body));
    let request = request.map_err(|error| SendError::Invalid(error.to_string()))?;
    let stream = endpoint.connect().await.map_err(SendError::Connect)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(SendError::lost)?;
    // What goes wrong with it is seen by whoever reads the response.
    let connection = Connection(tokio::spawn(async move { _ = connection.await }));
    let response = sender.send_request(request).await.map_err(SendError::lost)?;
    Ok((response, connection))
}
