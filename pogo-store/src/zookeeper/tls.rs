//! Certificates of connections.

use std::path::Path;

use rustls::crypto::{CryptoProvider, ring};
use zookeeper_client::{TlsCa, TlsCerts, TlsIdentity, TlsOptions};

use super::address_settings::TlsFiles;

/// What the files say, or why they say nothing.
pub(super) fn options(files: &TlsFiles) -> Result<TlsOptions, String> {
    // The client takes the process's provider, and panics where several are linked and none is chosen.
    if CryptoProvider::get_default().is_none() {
        // Somebody else may have been faster, which is as good.
        let _ = ring::default_provider().install_default();
    }
    let ca = TlsCa::from_pem(&read(&files.ca)?).map_err(|error| format!("{}: {error}", files.ca.display()))?;
    let mut certs = TlsCerts::builder().with_ca(ca);
    if let Some((cert, key)) = &files.identity {
        let identity = TlsIdentity::from_pem(&read(cert)?, &read(key)?);
        certs = certs.with_identity(identity.map_err(|error| format!("{}: {error}", key.display()))?);
    }
    let certs = certs.build().map_err(|error| error.to_string())?;
    Ok(TlsOptions::new().with_certs(certs))
}

fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}
