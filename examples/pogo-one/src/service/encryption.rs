//! With which certificate a port is served.

use std::path::PathBuf;

use pogo_inventory::{SettingItem, SettingsReader};

#[cfg(feature = "tls")]
use pogo_web::tls::CertificateFiles;

#[cfg(feature = "tls")]
use super::log::ServiceLog;
use super::setting_path::absolute;
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

/// Reads the files of a certificate and its key.
pub(super) fn tls(reader: &mut SettingsReader<'_>, value: &SettingItem) -> Option<TlsFiles> {
    let example = "tls: {certificate: /etc/pogo/server.pem, key: /etc/pogo/server.key}";
    let written = reader.map(value, "a map", example);
    let (mut certificate, mut key) = (None, None);
    for setting in reader.keys(written, "a certificate", &["certificate", "key"]) {
        match setting.key.as_str() {
            "certificate" => certificate = absolute(reader, &setting.value, "/etc/pogo/server.pem"),
            _ => key = absolute(reader, &setting.value, "/etc/pogo/server.key"),
        }
    }
    let has = |name: &str| written.iter().any(|setting| setting.key == name);
    let is_half = !has("certificate") || !has("key");
    if !written.is_empty() && is_half {
        let message = "a certificate is served with its key";
        reader.problem(value.position, message, &format!("for example `{example}`"));
    }
    let (certificate, key) = (certificate?, key?);
    Some(TlsFiles { certificate, key })
}
