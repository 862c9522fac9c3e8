//! TLS to a server.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::ClientError;

/// Whom a client trusts to say who a server is.
#[derive(Clone)]
pub(super) struct Tls(TlsConnector);

impl Tls {
    /// The authorities that the operating system trusts.
    pub(super) fn of_system() -> Result<Self, ClientError> {
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(unusable)?;
        let config = builder
            // The system's own verifier, so that a company's own authority is trusted wherever its
            // machines trust it; a bundled list would not have it.
            .with_platform_verifier()
            .map_err(unusable)?
            .with_no_client_auth();
        Ok(Self::new(config))
    }

    /// These authorities alone, in PEM.
    pub(super) fn trusting(authorities: &[u8]) -> Result<Self, ClientError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(authorities) {
            roots.add(certificate.map_err(unusable)?).map_err(unusable)?;
        }
        if roots.is_empty() {
            // The parser ignores other text, so a wrong file would trust nobody and fail at each
            // connection.
            return Err(unusable("there is no certificate in PEM"));
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(unusable)?;
        Ok(Self::new(builder.with_root_certificates(roots).with_no_client_auth()))
    }

    fn new(mut config: ClientConfig) -> Self {
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self(TlsConnector::from(Arc::new(config)))
    }

    pub(super) async fn connect(&self, host: &str, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        self.0.connect(name, stream).await
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

fn unusable(error: impl fmt::Display) -> ClientError {
    ClientError::Unsupported {
        message: format!("TLS cannot be used with these authorities: {error}"),
    }
}
