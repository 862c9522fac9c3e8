//! The resolved connection settings of one host.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::fleet::HostName;

use crate::algorithms::Algorithms;
use crate::host_key_policy::HostKeyPolicy;
use pogo_ssh_config::{AddressFamily, Environment, IdentityAgent, RekeyLimit};

/// A host's connection settings, with all defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    /// Its name; a jump host's may be one that no fleet allows.
    pub(crate) name: Arc<str>,
    /// The fleet's host that it belongs to.
    pub(crate) host: HostName,
    /// Name or address to connect to.
    pub(crate) address: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) family: AddressFamily,
    pub(crate) socket: SocketOptions,
    /// The name that its host key is looked up by.
    pub(crate) key_name: String,
    /// Its own known_hosts files and policy for unknown keys; the transport's if `None`.
    pub(crate) trust: Option<(HostKeyPolicy, Vec<PathBuf>)>,
    pub(crate) keys: Keys,
    /// Algorithms to offer.
    pub(crate) algorithms: Arc<Algorithms>,
    pub(crate) rekey_limit: RekeyLimit,
    /// Whether its name is hashed when its key is recorded (`HashKnownHosts`).
    pub(crate) hash_known_hosts: bool,
    /// Whether its address must not be known with another key (`CheckHostIP`).
    pub(crate) checks_address: bool,
    /// Whether any key is accepted at loopback addresses (`NoHostAuthenticationForLocalhost`).
    pub(crate) trusts_localhost: bool,
    pub(crate) session: SessionOptions,
    pub(crate) connect_timeout: Duration,
    /// How often connecting is retried.
    pub(crate) retries: u32,
    pub(crate) keepalive: Option<Duration>,
    /// After how many unanswered keepalives the connection counts as lost.
    pub(crate) keepalive_max: usize,
    /// The last jump host before it, which may be behind others.
    pub(crate) via: Option<Arc<Target>>,
}

/// Options of its TCP connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct SocketOptions {
    /// The local address to connect from.
    pub(crate) bind_address: Option<String>,
    /// The interface to connect from, if no address is set.
    pub(crate) bind_interface: Option<String>,
    /// Whether TCP keepalive is enabled.
    pub(crate) keep_alive: bool,
}

/// Options of its sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct SessionOptions {
    pub(crate) environment: Environment,
    /// The socket of the agent to forward.
    pub(crate) agent: Option<PathBuf>,
}

/// Keys and methods to log in with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Keys {
    /// The host's own key files, tried before the transport's.
    pub(crate) files: Vec<PathBuf>,
    /// Configured certificates; without any, those beside the key files are used.
    pub(crate) certificates: Vec<PathBuf>,
    /// Whether the transport's key files are tried too.
    pub(crate) usual: bool,
    /// Whether the agent's keys are limited to those of key files.
    pub(crate) only: bool,
    /// Its agent; the transport's if `None`.
    pub(crate) agent: Option<IdentityAgent>,
    /// Whether public keys, a password and keyboard-interactive may be tried.
    pub(crate) methods: [bool; 3],
}

impl Target {
    /// `host:port`, with brackets around IPv6 addresses.
    pub(crate) fn host_and_port(&self) -> String {
        match self.address.contains(':') {
            true => format!("[{}]:{}", self.address, self.port),
            false => format!("{}:{}", self.address, self.port),
        }
    }
}

/// `web1 (10.0.0.1:22)`, or `web1:22` where name and address are the same.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.host_and_port();
        match *self.address == *self.name {
            true => f.write_str(&address),
            false => write!(f, "{} ({address})", self.name),
        }
    }
}
