//! Accepts connections for one host.

use std::sync::Arc;

use russh::server::{self, run_stream};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::fault::Fault;
use super::gauge::Handshake;
use super::host::LoopbackHost;
use super::session::{ServerSession, login_methods};
use super::shared::FleetShared;
use crate::cancellable_stream::CancellableStream;

/// Accepts connections until dropped, which closes all of them.
pub(super) async fn listen(listener: TcpListener, host: Arc<LoopbackHost>, shared: Arc<FleetShared>) {
    let mut listener = Some(listener);
    let mut connections = JoinSet::new();
    loop {
        // Without a listener, connections are refused.
        if host.fault() == Some(Fault::Refuse) {
            listener = None;
        } else if listener.is_none() {
            listener = TcpListener::bind(host.address()).await.ok();
        }
        tokio::select! {
            () = host.fault_changed.notified() => {}
            accepted = accept(listener.as_ref()) => if let Some(stream) = accepted {
                host.count_connection();
                connections.spawn(serve(stream, Arc::clone(&host), Arc::clone(&shared)));
            },
            // Collected as they end, or a fleet that runs for days would keep each connection's
            // task.
            Some(_) = connections.join_next() => {}
        }
    }
}

/// The next connection. `None` after an error and a pause.
async fn accept(listener: Option<&TcpListener>) -> Option<TcpStream> {
    match listener {
        Some(listener) => match listener.accept().await {
            Ok((stream, _)) => Some(stream),
            Err(_) => {
                // Most likely no file descriptor is left: wait for others to close theirs.
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                None
            }
        },
        None => std::future::pending().await,
    }
}

async fn serve(mut stream: TcpStream, host: Arc<LoopbackHost>, shared: Arc<FleetShared>) {
    let fault = host.fault();
    match fault {
        // It was accepted before the listener was closed.
        Some(Fault::Refuse) => return,
        Some(Fault::NoBanner) => std::future::pending().await,
        Some(Fault::StallHandshake) => {
            let _ = stream.write_all(b"SSH-2.0-stalled\r\n").await;
            std::future::pending().await
        }
        _ => {}
    }
    let _ = stream.set_nodelay(true);
    let key = match fault {
        Some(Fault::ChangedHostKey) => &shared.other_key,
        _ => &host.key,
    };
    let settings = server::Config {
        keys: vec![key.clone()],
        methods: login_methods(fault),
        // The library's default of a second slows down attackers; here each refused key of each host would cost it.
        auth_rejection_time: std::time::Duration::ZERO,
        inactivity_timeout: None,
        ..server::Config::default()
    };
    let (stream, _cut) = CancellableStream::new(stream);
    let break_link = Arc::new(Notify::new());
    let handshake = Handshake::new(&shared.handshakes);
    let server = Arc::clone(&host);
    let session = ServerSession::new(host, shared, Arc::clone(&break_link), Arc::clone(&handshake));
    let Ok(running) = run_stream(Arc::new(settings), stream, session).await else {
        return;
    };
    // The client has sent its identification line.
    handshake.begin();
    tokio::select! {
        _ = running => {}
        () = break_link.notified() => {}
        () = server.cut.notified() => {}
    }
}
