//! Serving a router: connections, within limits, and their end.

mod connection;
mod options;
mod stalled;

use std::sync::Arc;

use axum::Router;
use futures::future::select;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::closing::Closing;
use connection::ConnectionContext;
pub use options::ServeOptions;

/// Lets in connections.
pub(crate) trait Accept {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// What is known of its other end.
    type Peer: Clone + Send + Sync + 'static;

    /// What it takes until a connection can be served: none, if it cannot.
    type Opening: Future<Output = Option<Self::Stream>> + Send + 'static;

    /// The next that connects. Where the system lets in nobody now, it is asked again.
    fn next(&mut self, options: ServeOptions) -> impl Future<Output = (Self::Opening, Self::Peer)> + Send;
}

/// Serves a router on whatever lets in connections, until `stop` resolves.
///
/// Then nobody is let in any more, streams end and say that the server closes, and requests that were received are
/// answered. It returns when all connections have ended, or have taken too long for it.
pub(crate) async fn serve<A: Accept>(
    listener: A,
    router: Router,
    options: ServeOptions,
    stop: impl Future<Output = ()>,
) {
    let (close, closing) = Closing::new();
    let connection = ConnectionContext {
        router,
        closing,
        options,
    };
    let mut connections = JoinSet::new();
    let accept = Box::pin(accept(listener, &connection, &mut connections));
    // The listener is gone with it: whoever connects now finds the next server, or nobody.
    select(Box::pin(stop), accept).await;
    // They are told even if all of them have ended.
    let _ = close.send(true);
    let ended = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(options.close_time, ended).await;
}

/// Lets in whoever connects, for ever.
async fn accept<A: Accept>(mut listener: A, context: &ConnectionContext, connections: &mut JoinSet<()>) {
    let permits = Arc::new(Semaphore::new(context.options.connections.min(Semaphore::MAX_PERMITS)));
    loop {
        // Whoever has ended is forgotten.
        while connections.try_join_next().is_some() {}
        // Before the next is accepted: who has to wait does so in the queue of the system, and
        // costs nothing here.
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
            return;
        };
        let (opening, peer) = listener.next(context.options).await;
        connections.spawn(context.clone().open(opening, peer, permit));
    }
}
