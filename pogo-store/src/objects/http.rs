//! Connections to services like S3, encrypted as everything else here is.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::client::{HttpClient, HttpConnector};
use object_store::{ClientConfigKey, ClientOptions};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

/// One attempt at a request. A dispatcher waits for no store longer than two seconds, and goes on without it.
const REQUEST: Duration = Duration::from_secs(5);
const CONNECT: Duration = Duration::from_secs(2);

/// Whose certificates are believed.
#[derive(Debug, Clone)]
pub(super) enum Trust {
    /// Those of the operating system's authorities.
    System,
    /// Those of the authorities in a file.
    File(PathBuf),
    /// None: nothing is encrypted. Containers may have no authorities to ask for.
    Nobody,
}

/// The library's own would take the process's provider of ciphers, which is another where more than one is linked.
#[derive(Debug)]
pub(super) struct RingConnector {
    pub(super) trust: Trust,
}

impl HttpConnector for RingConnector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        // A machine's own service for logins is asked without encryption, whatever holds for objects.
        let allows_http = options.get_config_value(&ClientConfigKey::AllowHttp);
        let is_encrypted = allows_http.is_none_or(|allows| allows != "true");
        let config = self.trust.config().map_err(|message| failed(message.into()))?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(config)
            .user_agent(concat!("pogo-store/", env!("CARGO_PKG_VERSION")))
            .timeout(REQUEST)
            .connect_timeout(CONNECT)
            .https_only(is_encrypted)
            .build();
        Ok(HttpClient::new(client.map_err(|error| failed(error.into()))?))
    }
}

fn failed(source: Box<dyn std::error::Error + Send + Sync>) -> object_store::Error {
    object_store::Error::Generic { store: "S3", source }
}

impl Trust {
    fn config(&self) -> Result<ClientConfig, String> {
        let failed = |error: rustls::Error| format!("encryption cannot be prepared: {error}");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(failed)?;
        Ok(match self {
            Self::System => builder.with_platform_verifier().map_err(failed)?.with_no_client_auth(),
            Self::File(file) => builder.with_root_certificates(authorities(file)?).with_no_client_auth(),
            Self::Nobody => builder
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth(),
        })
    }
}

fn authorities(file: &PathBuf) -> Result<RootCertStore, String> {
    let failed = |error: &dyn std::fmt::Display| format!("AWS_CA_BUNDLE, {}: {error}", file.display());
    let text = std::fs::read(file).map_err(|error| failed(&error))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|error| failed(&error))?;
        roots.add(certificate).map_err(|error| failed(&error))?;
    }
    match roots.is_empty() {
        true => Err(failed(&"there is no certificate in it")),
        false => Ok(roots),
    }
}
