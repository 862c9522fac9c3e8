//! Serves a router on a socket.

use std::future::{Ready, ready};
use std::time::Duration;

use axum::Router;
use futures::future::{Either, select};
use tokio::net::UnixStream;
use tokio::time::sleep;

use super::{Peer, Socket};
use crate::serving::{self, Accept, ServeOptions};

/// Serves a router on a socket until `stop` resolves. Each request has its [`Peer`] as an extension.
///
/// Then nobody is let in any more, streams end and say that the server closes, and requests that were received are
/// answered. It returns when all connections have ended, or have taken too long for it.
pub async fn serve(socket: Socket, router: Router, options: ServeOptions, stop: impl Future<Output = ()>) {
    serving::serve(socket, router, options, stop).await;
}

impl Accept for Socket {
    type Stream = UnixStream;
    type Peer = Peer;
    type Opening = Ready<Option<UnixStream>>;

    /// The next that connects; looks after the path meanwhile.
    async fn next(&mut self, options: ServeOptions) -> (Self::Opening, Peer) {
        loop {
            // Cleaners of `/tmp` remove sockets that are in use; without this the server would run
            // on where nobody finds it.
            let accepted = match select(Box::pin(self.accept()), Box::pin(sleep(options.path_check))).await {
                Either::Left((accepted, _)) => Some(accepted),
                Either::Right(_) => None,
            };
            match accepted {
                Some(Ok(stream)) => {
                    // One that has ended already is nobody.
                    if let Ok(peer) = Peer::of(&stream) {
                        return (ready(Some(stream)), peer);
                    }
                }
                // Out of file descriptors, most likely: others have to end first.
                Some(Err(_)) => sleep(Duration::from_millis(100)).await,
                // Where it cannot be bound now, it may be later.
                None => _ = self.rebind_if_lost(),
            }
        }
    }
}
