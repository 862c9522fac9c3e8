//! A way to a server that can be cut after any byte, and held up.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use pogo_core::fleet::Connection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Toward {
    Host,
    Client,
}

/// After how many bytes, in which direction, a link is cut.
pub(crate) type Cut = (Toward, u64);

/// After how many bytes each piece ended that went to the host, and to the client.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    pub(crate) to_host: Mutex<Vec<u64>>,
    pub(crate) to_client: Mutex<Vec<u64>>,
}

pub(crate) struct Proxy {
    listener: TcpListener,
    to: SocketAddr,
    held: watch::Sender<bool>,
}

impl Proxy {
    pub(crate) async fn to(port: u16) -> Self {
        Self {
            listener: TcpListener::bind(("127.0.0.1", 0)).await.unwrap(),
            to: SocketAddr::from(([127, 0, 0, 1], port)),
            held: watch::channel(false).0,
        }
    }

    pub(crate) fn connection(&self) -> Connection {
        let port = self.listener.local_addr().unwrap().port();
        Connection::new().address("127.0.0.1").port(port)
    }

    /// Keeps back what goes to the host, or lets it go on.
    pub(crate) fn hold(&self, held: bool) {
        self.held.send_replace(held);
    }

    /// Cuts the first link there, or none, and passes all others on whole. Returns the pieces of the first.
    pub(crate) async fn serve(self: Arc<Self>, cut: Option<Cut>, seen: Arc<Pieces>) {
        let (near, _) = self.listener.accept().await.unwrap();
        self.carry_both(near, cut, &seen).await;
        loop {
            let (near, _) = self.listener.accept().await.unwrap();
            let this = Arc::clone(&self);
            tokio::spawn(async move { this.carry_both(near, None, &Pieces::default()).await });
        }
    }

    async fn carry_both(&self, near: TcpStream, cut: Option<Cut>, pieces: &Pieces) {
        let far = TcpStream::connect(self.to).await.unwrap();
        let ((from_client, to_client), (from_server, to_server)) = (near.into_split(), far.into_split());
        let limit = |way| {
            cut.filter(|(toward, _)| *toward == way)
                .map_or(u64::MAX, |(_, bytes)| bytes)
        };
        let (held, never) = (self.held.subscribe(), watch::channel(false).1);
        tokio::select! {
            () = carry(from_client, to_server, limit(Toward::Host), (held, &pieces.to_host)) => {}
            () = carry(from_server, to_client, limit(Toward::Client), (never, &pieces.to_client)) => {}
        }
    }
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    limit: u64,
    (mut held, pieces): (watch::Receiver<bool>, &Mutex<Vec<u64>>),
) {
    let (mut piece, mut all) = ([0; 16_384], 0);
    while all < limit {
        let most = usize::try_from(limit - all).map_or(piece.len(), |left| left.min(piece.len()));
        let Ok(length @ 1..) = from.read(&mut piece[..most]).await else {
            return;
        };
        // Whoever could hold it up may be gone.
        let _ = held.wait_for(|held| !held).await;
        if to.write_all(&piece[..length]).await.is_err() {
            return;
        }
        all += length as u64;
        pieces.lock().unwrap().push(all);
    }
}
