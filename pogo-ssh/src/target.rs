//! Where one host is reached, and as whom.

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
    /// How it is called; a host on the way may have a name that no fleet allows.
    pub(crate) name: Arc<str>,
    /// The fleet's host this is for.
    pub(crate) host: HostName,
    /// Name or address to connect to.
    pub(crate) address: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) family: AddressFamily,
    pub(crate) socket: SocketOptions,
    /// The name its key is looked up by.
    pub(crate) key_name: String,
    /// The known_hosts files for it alone, and the policy for unknown keys; the transport's if `None`.
    pub(crate) trust: Option<(HostKeyPolicy, Vec<PathBuf>)>,
    pub(crate) keys: Keys,
    /// What is spoken with it.
    pub(crate) algorithms: Arc<Algorithms>,
    pub(crate) rekey_limit: RekeyLimit,
    /// Whether its name is hashed where its key is recorded.
    pub(crate) hash_known_hosts: bool,
    /// Whether the address it is found at must not be known for another key.
    pub(crate) checks_address: bool,
    /// Whether any key is taken at an address of this machine itself.
    pub(crate) trusts_localhost: bool,
    pub(crate) session: SessionOptions,
    pub(crate) connect_timeout: Duration,
    /// How often it is tried again to reach it.
    pub(crate) retries: u32,
    pub(crate) keepalive: Option<Duration>,
    /// After how many questions without an answer the link counts as lost.
    pub(crate) keepalive_max: usize,
    /// The host to pass just before it, which may have another before it.
    pub(crate) via: Option<Arc<Target>>,
}

/// How its connection is made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct SocketOptions {
    /// The address of this machine to connect from.
    pub(crate) bind_address: Option<String>,
    /// The interface to connect from, where no address is named.
    pub(crate) bind_interface: Option<String>,
    /// Whether the system looks after a silent connection.
    pub(crate) keep_alive: bool,
}

/// What its sessions get.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct SessionOptions {
    pub(crate) environment: Environment,
    /// The socket of the agent that it may use.
    pub(crate) agent: Option<PathBuf>,
}

/// What to log in with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Keys {
    /// The host's own key files, tried before the transport's.
    pub(crate) files: Vec<PathBuf>,
    /// Certificates that are named apart from key files; without any, those beside the key files are used.
    pub(crate) certificates: Vec<PathBuf>,
    /// Whether the transport's key files are tried as well.
    pub(crate) usual: bool,
    /// Whether only key files' keys are asked of the agent.
    pub(crate) only: bool,
    /// The agent to ask; the transport's if `None`.
    pub(crate) agent: Option<IdentityAgent>,
    /// Whether keys, a password, answers to questions may be tried.
    pub(crate) methods: [bool; 3],
}

impl Target {
    /// Host and port, as an address is written.
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
