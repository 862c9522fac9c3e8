//! What follows the `?` of an address.

use std::path::PathBuf;
use std::time::Duration;

use form_urlencoded::parse;

use super::{OutputLocation, ZookeeperError};

const SETTINGS: &str = "`password_file`, `login`, `session_timeout`, `output`, `tls_ca`, `tls_cert`, `tls_key`";

/// How a user logs in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum LoginScheme {
    /// By user and password, which travel as they are.
    #[default]
    Digest,
    /// By an answer that only somebody with the password can give.
    #[cfg(feature = "zookeeper-sasl")]
    Sasl,
}

/// Files of certificates, which are read for each connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TlsFiles {
    pub(super) ca: PathBuf,
    /// Certificate and key.
    pub(super) identity: Option<(PathBuf, PathBuf)>,
}

/// What follows the `?`.
#[derive(Default)]
pub(super) struct AddressSettings {
    pub(super) password_file: Option<PathBuf>,
    pub(super) login: LoginScheme,
    pub(super) output: Option<OutputLocation>,
    pub(super) session_timeout: Option<Duration>,
    tls_ca: Option<PathBuf>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
}

impl AddressSettings {
    pub(super) fn parse(query: &str) -> Result<Self, ZookeeperError> {
        let mut settings = Self::default();
        for (key, value) in parse(query.as_bytes()) {
            let path = || Some(PathBuf::from(&*value));
            match &*key {
                "password_file" => settings.password_file = path(),
                "login" => settings.login = login_scheme(&value)?,
                "output" => {
                    let location = OutputLocation::parse(&value);
                    settings.output = Some(location.map_err(|why| invalid(format!("`output`: {why}")))?);
                }
                "session_timeout" => settings.session_timeout = Some(seconds(&value)?),
                "tls_ca" => settings.tls_ca = path(),
                "tls_cert" => settings.tls_cert = path(),
                "tls_key" => settings.tls_key = path(),
                _ => {
                    let key = key.escape_debug();
                    return Err(invalid(format!("`{key}` is no setting of it; there are {SETTINGS}")));
                }
            }
        }
        Ok(settings)
    }

    pub(super) fn tls(self) -> Result<Option<TlsFiles>, ZookeeperError> {
        let identity = match (self.tls_cert, self.tls_key) {
            (Some(cert), Some(key)) => Some((cert, key)),
            (None, None) => None,
            _ => return Err(invalid("`tls_cert` and `tls_key` belong together")),
        };
        match (self.tls_ca, identity) {
            (Some(_), _) if !cfg!(feature = "zookeeper-tls") => Err(invalid(
                "this program is built without TLS for ZooKeeper (feature `zookeeper-tls`)",
            )),
            (Some(ca), identity) => Ok(Some(TlsFiles { ca, identity })),
            (None, None) => Ok(None),
            (None, Some(_)) => Err(invalid("a certificate needs `tls_ca`, whom to trust")),
        }
    }
}

fn login_scheme(text: &str) -> Result<LoginScheme, ZookeeperError> {
    match text {
        "digest" => Ok(LoginScheme::Digest),
        #[cfg(feature = "zookeeper-sasl")]
        "sasl" => Ok(LoginScheme::Sasl),
        #[cfg(not(feature = "zookeeper-sasl"))]
        "sasl" => Err(invalid(
            "this program is built without SASL for ZooKeeper (feature `zookeeper-sasl`)",
        )),
        _ => Err(invalid("`login` is `digest` or `sasl`")),
    }
}

/// Seconds, of which a session may have from a fifth of one to an hour.
fn seconds(text: &str) -> Result<Duration, ZookeeperError> {
    let seconds: Option<f64> = text.parse().ok().filter(|seconds| (0.2..=3_600.0).contains(seconds));
    let seconds = seconds.ok_or_else(|| invalid("`session_timeout` is a number of seconds, from 0.2 to 3600"))?;
    Ok(Duration::from_secs_f64(seconds))
}

pub(super) fn invalid(message: impl Into<String>) -> ZookeeperError {
    ZookeeperError::InvalidAddress {
        message: message.into(),
    }
}
