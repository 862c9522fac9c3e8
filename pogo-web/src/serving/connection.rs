//! One connection.

use std::convert::Infallible;
use std::pin::pin;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use futures::future::{Either, select};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tower_service::Service;

use super::ServeOptions;
use super::stalled::StallGuard;
use crate::closing::Closing;

/// What all connections of a server share.
#[derive(Clone)]
pub(crate) struct ConnectionContext {
    pub(crate) router: Router,
    pub(crate) closing: Closing,
    pub(crate) options: ServeOptions,
}

impl ConnectionContext {
    /// Waits until a connection can be served, as long as for the head of a request, and serves it.
    pub(crate) async fn open<S, P>(
        self,
        opening: impl Future<Output = Option<S>>,
        peer: P,
        permit: OwnedSemaphorePermit,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        P: Clone + Send + Sync + 'static,
    {
        // A handshake that never ends would otherwise keep a server from stopping for as long as
        // the head of a request may take.
        let closes = Closing::closes(Some(self.closing.clone()));
        let opening = pin!(timeout(self.options.header_time, opening));
        if let Either::Left((Ok(Some(stream)), _)) = select(opening, pin!(closes)).await {
            self.serve(stream, peer, permit).await;
        }
    }

    /// Serves one connection to its end. What goes wrong with it is its other end's affair. Each request has the other
    /// end as an extension.
    async fn serve<S, P>(self, stream: S, peer: P, _permit: OwnedSemaphorePermit)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        P: Clone + Send + Sync + 'static,
    {
        let (router, closing) = (self.router, self.closing.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer.clone());
            request.extensions_mut().insert(closing.clone());
            let mut router = router.clone();
            async move { Ok::<_, Infallible>(answer(&mut router, request.map(Body::new)).await) }
        });
        let stream = TokioIo::new(StallGuard::new(stream, self.options.stall_time));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // Without it whoever opens connections and sends nothing has all permits after a while.
            .header_read_timeout(self.options.header_time)
            .serve_connection(stream, service);
        let mut connection = Box::pin(connection);
        let closes = Box::pin(Closing::closes(Some(self.closing)));
        if let Either::Right(_) = select(connection.as_mut(), closes).await {
            // Then polled on to its end: dropped, it would cut off the answer of an order that has
            // been given.
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
