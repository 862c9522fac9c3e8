//! Where one host is reached, and as whom.

use std::fmt;
use std::path::PathBuf;

use pogo_core::fleet::{Host, HostName};

/// A host's connection settings, with the transport's defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    pub(crate) name: HostName,
    /// Name or address to connect to.
    pub(crate) address: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    /// The host's own key file, tried before the others.
    pub(crate) identity: Option<PathBuf>,
    /// The name its key is looked up by.
    pub(crate) key_name: String,
}

impl Target {
    /// The setting that names the host's own key file.
    const IDENTITY: &'static str = "identity";
    /// The setting that names the host in known_hosts files.
    const HOST_KEY_ALIAS: &'static str = "host_key_alias";

    pub(crate) fn new(host: &Host, default_user: &str, default_port: u16) -> Self {
        let connection = &host.connection;
        let address = connection.address.as_deref().unwrap_or(host.name.as_str());
        let alias = connection.vars.get(Self::HOST_KEY_ALIAS).map(String::as_str);
        Self {
            name: host.name.clone(),
            address: address.to_owned(),
            port: connection.port.unwrap_or(default_port),
            user: connection.user.as_deref().unwrap_or(default_user).to_owned(),
            identity: connection.vars.get(Self::IDENTITY).map(PathBuf::from),
            key_name: alias.unwrap_or(address).to_lowercase(),
        }
    }
}

/// `web1 (10.0.0.1:22)`, or `web1:22` where name and address are the same.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bracketed = self.address.contains(':');
        let (open, close) = if bracketed { ("[", "]") } else { ("", "") };
        if self.address == self.name.as_str() {
            write!(f, "{open}{}{close}:{}", self.address, self.port)
        } else {
            write!(f, "{} ({open}{}{close}:{})", self.name, self.address, self.port)
        }
    }
}
