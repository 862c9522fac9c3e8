//! Serving a router on a port.

use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
pub use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::time::sleep;

pub use crate::serving::ServeOptions;
use crate::serving::{self, Accept};

/// The address at the other end of a connection. It is an extension of each request. Behind a proxy it is the proxy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RemoteAddress(pub SocketAddr);

/// Serves a router on a port until `stop` resolves, as [`unix::serve`](crate::unix::serve) does on a socket. Each
/// request has its [`RemoteAddress`] as an extension. Nothing is encrypted: it is for loopback, or for a proxy in
/// front; the feature `tls` encrypts.
pub async fn serve(listener: TcpListener, router: Router, options: ServeOptions, stop: impl Future<Output = ()>) {
    serving::serve(listener, router, options, stop).await;
}

impl Accept for TcpListener {
    type Stream = TcpStream;
    type Peer = RemoteAddress;
    type Opening = Ready<Option<TcpStream>>;

    async fn next(&mut self, _: ServeOptions) -> (Self::Opening, RemoteAddress) {
        loop {
            match self.accept().await {
                Ok((stream, address)) => {
                    // Records are small, and whoever follows wants each at once.
                    let _ = stream.set_nodelay(true);
                    return (ready(Some(stream)), RemoteAddress(address));
                }
                // Out of file descriptors, most likely: others have to end first.
                Err(_) => sleep(Duration::from_millis(100)).await,
            }
        }
    }
}
