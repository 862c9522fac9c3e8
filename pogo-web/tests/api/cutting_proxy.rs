//! A proxy that cuts connections.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

/// Where a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Before the server has seen anything.
    BeforeTheRequest,
    /// After so many bytes of what the server sends; it has seen the whole request.
    AfterBytes(usize),
    /// Nowhere.
    Never,
}

/// Stands between a client and a server, and cuts each connection as it is told.
pub(crate) struct CuttingProxy {
    pub(crate) path: PathBuf,
    connections: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl CuttingProxy {
    pub(crate) fn new(path: PathBuf, server: &Path, cut: impl Fn(usize) -> Cut + Send + Sync + 'static) -> Self {
        let listener = UnixListener::bind(&path).unwrap();
        let (server, connections) = (server.to_owned(), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&connections);
        let accepting = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let cut = cut(counted.fetch_add(1, Ordering::SeqCst));
                tokio::spawn(pass(client, server.clone(), cut));
            }
        });
        Self {
            path,
            connections,
            accepting,
        }
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for CuttingProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn pass(mut client: UnixStream, server: PathBuf, cut: Cut) {
    if cut == Cut::BeforeTheRequest {
        // Something was sent, so that it is lost.
        let _ = client.read(&mut [0; 16]).await;
        return;
    }
    let Ok(server) = UnixStream::connect(server).await else {
        return;
    };
    let (mut from_server, mut to_server) = server.into_split();
    let (mut from_client, mut to_client) = client.into_split();
    let asking = tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    let mut left = match cut {
        Cut::AfterBytes(bytes) => bytes,
        _ => usize::MAX,
    };
    let mut bytes = [0; 4096];
    // The server has answered before anything is cut.
    while let Ok(read @ 1..) = from_server.read(&mut bytes).await {
        let sent = read.min(left);
        if to_client.write_all(&bytes[..sent]).await.is_err() || sent < read {
            break;
        }
        left -= sent;
    }
    asking.abort();
}
