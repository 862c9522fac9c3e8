//! Serves a router on a port, encrypted.

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::CertificateFiles;
use crate::serving::{self, Accept, ServeOptions};
use crate::tcp::RemoteAddress;

/// Serves a router on a port as [`tcp::serve`](crate::tcp::serve) does, by TLS 1.2 and 1.3 with this certificate.
///
/// A handshake has as long as the head of a request, and keeps nobody else from being let in.
pub async fn serve(
    listener: TcpListener,
    certificate: CertificateFiles,
    router: Router,
    options: ServeOptions,
    stop: impl Future<Output = ()>,
) {
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let config = match config.with_safe_default_protocol_versions() {
        Ok(config) => config,
        // This provider has suites for all versions.
        Err(_) => return,
    };
    let mut config = config.with_no_client_auth().with_cert_resolver(Arc::new(certificate));
    // What serves connections speaks HTTP/1.1 alone: without this a client may take it that HTTP/2
    // was agreed on.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    serving::serve(TlsListener { listener, acceptor }, router, options, stop).await;
}

struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Accept for TlsListener {
    type Stream = TlsStream<TcpStream>;
    type Peer = RemoteAddress;
    type Opening = Pin<Box<dyn Future<Output = Option<Self::Stream>> + Send>>;

    async fn next(&mut self, options: ServeOptions) -> (Self::Opening, RemoteAddress) {
        let (opening, peer) = self.listener.next(options).await;
        let acceptor = self.acceptor.clone();
        // Not awaited here: one that is slow would keep all others from being let in.
        let handshake = async move { acceptor.accept(opening.await?).await.ok() };
        (Box::pin(handshake), peer)
    }
}
