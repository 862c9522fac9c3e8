//! Certificates that HTTPS trusts.

use std::path::Path;
use std::sync::Arc;

use pogo_core::inventory::{Diagnostic, InventoryError};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::file;

/// The operating system's authorities, or those of a file. Without `encrypted`, none are loaded.
pub(super) fn config(source: &str, encrypted: bool, trusted: Option<&Path>) -> Result<ClientConfig, InventoryError> {
    let failed = |error: rustls::Error| InventoryError::unavailable(source, format!("cannot prepare HTTPS: {error}"));
    let builder = builder().map_err(failed)?;
    Ok(match trusted {
        // Asking the system for its certificates takes time, and fails in containers that have
        // none.
        _ if !encrypted => builder
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth(),
        Some(path) => builder.with_root_certificates(roots(path)?).with_no_client_auth(),
        None => builder.with_platform_verifier().map_err(failed)?.with_no_client_auth(),
    })
}

// The process-wide default provider is not touched.
fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
}

fn roots(path: &Path) -> Result<RootCertStore, InventoryError> {
    let text = file::read_text(path)?;
    let broken = |reason: String| {
        let problem = Diagnostic::new(
            path.display().to_string(),
            format!("is no file of certificates: {reason}"),
        );
        InventoryError::Invalid(vec![
            problem.with_hint("it holds `-----BEGIN CERTIFICATE-----` and what follows"),
        ])
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
        let certificate = certificate.map_err(|error| broken(error.to_string()))?;
        roots.add(certificate).map_err(|error| broken(error.to_string()))?;
    }
    // An empty file is no error of PEM, and would make each connection fail with a message about
    // the service.
    if roots.is_empty() {
        return Err(broken("there is none in it".to_owned()));
    }
    Ok(roots)
}
