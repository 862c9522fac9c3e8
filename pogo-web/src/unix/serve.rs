//! Serves a router on a socket.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use futures::future::{Either, select};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::UnixStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower_service::Service;

use super::stalled::StallGuard;
use super::{Peer, Socket};
use crate::closing::Closing;

/// How a socket is served. Plain numbers with good defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServeOptions {
    /// How many connections are served at once; others wait to be let in. Default: 1,024.
    pub connections: usize,
    /// How long the head of a request may take to come, also on a connection that is kept. Default: 10 seconds.
    pub header_time: Duration,
    /// How long the other end may take nothing of what it is sent. Default: 30 seconds.
    pub stall_time: Duration,
    /// How often the path is looked for, and bound anew if it has vanished. Default: 10 seconds.
    pub path_check: Duration,
    /// How long requests may take to end when the server closes. Default: 10 seconds.
    pub close_time: Duration,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            connections: 1_024,
            header_time: Duration::from_secs(10),
            stall_time: Duration::from_secs(30),
            path_check: Duration::from_secs(10),
            close_time: Duration::from_secs(10),
        }
    }
}

impl ServeOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many connections are served at once.
    #[must_use]
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// Sets how long the head of a request may take to come.
    #[must_use]
    pub fn header_time(mut self, time: Duration) -> Self {
        self.header_time = time;
        self
    }

    /// Sets how long the other end may take nothing of what it is sent.
    #[must_use]
    pub fn stall_time(mut self, time: Duration) -> Self {
        self.stall_time = time;
        self
    }

    /// Sets how often the path is looked for.
    #[must_use]
    pub fn path_check(mut self, interval: Duration) -> Self {
        self.path_check = interval;
        self
    }

    /// Sets how long requests may take to end when the server closes.
    #[must_use]
    pub fn close_time(mut self, time: Duration) -> Self {
        self.close_time = time;
        self
    }
}

/// Serves a router on a socket until `stop` resolves. Each request has its [`Peer`] as an extension.
///
/// Then nobody is let in any more, streams end and say that the server closes, and requests that were received are answered. It returns when
/// all connections have ended, or have taken too long for it.
pub async fn serve(socket: Socket, router: Router, options: ServeOptions, stop: impl Future<Output = ()>) {
    let (close, closing) = Closing::new();
    let connection = ConnectionContext {
        router,
        closing,
        options,
    };
    let mut connections = JoinSet::new();
    let accept = Box::pin(accept(socket, &connection, &mut connections));
    // The socket is gone with it: whoever connects now finds the next server, or nobody.
    select(Box::pin(stop), accept).await;
    // They are told even if all of them have ended.
    let _ = close.send(true);
    let ended = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(options.close_time, ended).await;
}

/// Lets in whoever connects, for ever.
async fn accept(mut socket: Socket, context: &ConnectionContext, connections: &mut JoinSet<()>) {
    let permits = Arc::new(Semaphore::new(context.options.connections.min(Semaphore::MAX_PERMITS)));
    loop {
        // Whoever has ended is forgotten.
        while connections.try_join_next().is_some() {}
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
            return;
        };
        let stream = next_stream(&mut socket, context.options.path_check).await;
        connections.spawn(context.clone().serve(stream, permit));
    }
}

/// The next that connects; looks after the path meanwhile.
async fn next_stream(socket: &mut Socket, path_check: Duration) -> UnixStream {
    loop {
        let accepted = match select(Box::pin(socket.accept()), Box::pin(sleep(path_check))).await {
            Either::Left((accepted, _)) => Some(accepted),
            Either::Right(_) => None,
        };
        match accepted {
            Some(Ok(stream)) => return stream,
            // Out of file descriptors, most likely: others have to end first.
            Some(Err(_)) => sleep(Duration::from_millis(100)).await,
            // Where it cannot be bound now, it may be later.
            None => _ = socket.rebind_if_lost(),
        }
    }
}

#[derive(Clone)]
struct ConnectionContext {
    router: Router,
    closing: Closing,
    options: ServeOptions,
}

impl ConnectionContext {
    /// Serves one connection to its end. What goes wrong with it is its other end's affair.
    async fn serve(self, stream: UnixStream, _permit: OwnedSemaphorePermit) {
        let Ok(peer) = Peer::of(&stream) else { return };
        let (router, closing) = (self.router, self.closing.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            request.extensions_mut().insert(closing.clone());
            let mut router = router.clone();
            async move { Ok::<_, Infallible>(answer(&mut router, request.map(Body::new)).await) }
        });
        let stream = TokioIo::new(StallGuard::new(stream, self.options.stall_time));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.options.header_time)
            .serve_connection(stream, service);
        let mut connection = Box::pin(connection);
        let closes = Box::pin(Closing::closes(Some(self.closing)));
        if let Either::Right(_) = select(connection.as_mut(), closes).await {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// A router is always ready, and never fails.
async fn answer(router: &mut Router, request: Request<Body>) -> axum::response::Response {
    match router.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
