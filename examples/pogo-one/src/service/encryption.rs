//! With which certificate a port is served.

use std::path::PathBuf;

#[cfg(feature = "tls")]
use pogo_web::tls::CertificateFiles;

#[cfg(feature = "tls")]
use super::log::ServiceLog;
use crate::cli::ServeArgs;
use crate::exit::CliError;

/// The files of a certificate and its key, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "tls"), allow(dead_code, reason = "such a build refuses certificates"))]
pub(crate) struct TlsFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl TlsFiles {
    /// Those that are typed.
    pub(super) fn typed(args: &ServeArgs) -> Option<Self> {
        let (certificate, key) = (args.tls_cert.clone()?, args.tls_key.clone()?);
        Some(Self { certificate, key })
    }

    /// Reads them, also when they are renewed; what is wrong then is logged.
    #[cfg(feature = "tls")]
    pub(super) fn open(&self) -> Result<CertificateFiles, CliError> {
        let files = CertificateFiles::open(&self.certificate, &self.key);
        let logged = files.and_then(|files| files.on_warning(|warning| ServiceLog.say(warning)));
        logged.map_err(CliError::usage)
    }

    /// Whether they can be served.
    pub(super) fn check(&self) -> Result<(), CliError> {
        #[cfg(feature = "tls")]
        return self.open().map(drop);
        #[cfg(not(feature = "tls"))]
        return Err(CliError::usage(format!(
            "this program was built without TLS, and cannot serve {}; {} has it",
            self.certificate.display(),
            crate::cli::INSTALL
        )));
    }
}
