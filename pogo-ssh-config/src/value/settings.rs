//! Queries, and the settings of one host.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::algorithm_list::AlgorithmList;
use super::environment::Environment;
use super::jump::Hop;

/// A query to a [`ClientConfig`](crate::ClientConfig): a host, and settings that come first, as on
/// the command line of `ssh`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct HostQuery {
    /// The host's name, as given to `ssh`.
    pub host: String,
    /// Name or address to connect to (`-o HostName=`).
    pub host_name: Option<String>,
    /// Port (`-p`).
    pub port: Option<u16>,
    /// User (`-l`).
    pub user: Option<String>,
    /// Jump hosts (`-J`); an empty list for none.
    pub jump: Option<Vec<Hop>>,
    /// The command to run, for `Match command` and `Match sessiontype`.
    pub command: Option<String>,
    /// Whether it is a jump host, on which nothing runs (`-W`).
    pub forwards_only: bool,
}

impl HostQuery {
    /// A query for a host without further settings.
    pub fn new(host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            ..Self::default()
        }
    }

    /// Sets the name or address to connect to (`-o HostName=`).
    pub fn host_name(mut self, name: impl Into<String>) -> Self {
        self.host_name = Some(name.into());
        self
    }

    /// Sets the port (`-p`).
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Sets the user (`-l`).
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Sets the jump hosts (`-J`); an empty list for none.
    pub fn jump(mut self, hops: impl IntoIterator<Item = Hop>) -> Self {
        self.jump = Some(hops.into_iter().collect());
        self
    }

    /// Sets the command to run, for `Match command` and `Match sessiontype`.
    pub fn command(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }
}

/// The ssh-agent to use.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum IdentityAgent {
    /// No agent is asked for keys.
    None,
    /// The agent of `SSH_AUTH_SOCK`.
    Environment,
    /// The agent of this socket.
    Socket(PathBuf),
}

/// As OpenSSH's `IdentityAgent` has it.
impl fmt::Display for IdentityAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Environment => f.write_str("SSH_AUTH_SOCK"),
            Self::Socket(path) => path.display().fmt(f),
        }
    }
}

/// The address family to connect with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum AddressFamily {
    /// All.
    #[default]
    Any,
    /// IPv4 only.
    Inet,
    /// IPv6 only.
    Inet6,
}

impl fmt::Display for AddressFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "any",
            Self::Inet => "inet",
            Self::Inet6 => "inet6",
        })
    }
}

/// Policy for unknown host keys, in OpenSSH's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum StrictHostKeyChecking {
    /// Refuse them.
    Yes,
    /// Ask; without a person they are refused.
    Ask,
    /// Accept and record them.
    AcceptNew,
    /// Accept any key.
    No,
}

impl fmt::Display for StrictHostKeyChecking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yes => "yes",
            Self::Ask => "ask",
            Self::AcceptNew => "accept-new",
            Self::No => "no",
        })
    }
}

/// When a connection rekeys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RekeyLimit {
    /// After this many bytes in one direction.
    pub bytes: Option<u64>,
    /// After this time.
    pub interval: Option<Duration>,
}

/// As OpenSSH's `RekeyLimit` has it: bytes, then seconds.
impl fmt::Display for RekeyLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bytes {
            Some(bytes) => write!(f, "{bytes} ")?,
            None => f.write_str("default ")?,
        }
        match self.interval {
            Some(interval) => write!(f, "{}", interval.as_secs()),
            None => f.write_str("none"),
        }
    }
}

/// The configured algorithms for a host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct AlgorithmLists {
    /// Key exchange methods (`KexAlgorithms`).
    pub kex: Option<AlgorithmList>,
    /// `Ciphers`.
    pub ciphers: Option<AlgorithmList>,
    /// `MACs`.
    pub macs: Option<AlgorithmList>,
    /// Host key algorithms (`HostKeyAlgorithms`).
    pub host_keys: Option<AlgorithmList>,
    /// User key algorithms (`PubkeyAcceptedAlgorithms`).
    pub user_keys: Option<AlgorithmList>,
    /// Signature algorithms of certificate authorities (`CASignatureAlgorithms`).
    pub authorities: Option<AlgorithmList>,
    /// Minimum size of RSA keys in bits (`RequiredRSASize`).
    pub required_rsa_size: Option<u32>,
}

/// The configuration of one host. `None` stands for unset values.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostSettings {
    /// Name or address to connect to.
    pub host_name: String,
    /// Login user.
    pub user: Option<String>,
    /// Port to connect to.
    pub port: Option<u16>,
    /// The name to look up its host key by, in lower case.
    pub host_key_alias: Option<String>,
    /// Key files, in order; an empty list for `none`.
    pub identity_files: Option<Vec<PathBuf>>,
    /// User certificates.
    pub certificate_files: Vec<PathBuf>,
    /// Whether the agent's keys are limited to those of the key files.
    pub identities_only: Option<bool>,
    /// The agent for logging in.
    pub identity_agent: Option<IdentityAgent>,
    /// The agent to forward to commands on the host.
    pub forward_agent: Option<IdentityAgent>,
    /// The user's known_hosts files; an empty list for `none`.
    pub user_known_hosts: Option<Vec<PathBuf>>,
    /// The machine's known_hosts files; an empty list for `none`.
    pub global_known_hosts: Option<Vec<PathBuf>>,
    /// Whether names are hashed when new keys are recorded.
    pub hash_known_hosts: Option<bool>,
    /// Whether the address must not be known with another key.
    pub check_host_ip: Option<bool>,
    /// Whether any key is accepted at loopback addresses (`NoHostAuthenticationForLocalhost`).
    pub trusts_localhost: bool,
    /// Policy for unknown host keys.
    pub strict_host_key_checking: Option<StrictHostKeyChecking>,
    /// Jump hosts, in order.
    pub jump: Vec<Hop>,
    /// Time limit for connecting. Zero: no limit.
    pub connect_timeout: Option<Duration>,
    /// How often connecting is tried.
    pub connection_attempts: Option<u32>,
    /// Keepalive interval. Zero: no keepalives.
    pub server_alive_interval: Option<Duration>,
    /// After how many unanswered keepalives the connection counts as lost.
    pub server_alive_count_max: Option<u32>,
    /// Whether TCP keepalive is enabled.
    pub tcp_keep_alive: Option<bool>,
    /// When to rekey.
    pub rekey_limit: RekeyLimit,
    /// The local address to connect from.
    pub bind_address: Option<String>,
    /// The local interface to connect from.
    pub bind_interface: Option<String>,
    /// Environment of sessions, as far as the server accepts it.
    pub environment: Environment,
    /// Address family to connect with.
    pub address_family: AddressFamily,
    /// Whether public keys may be tried.
    pub public_keys: bool,
    /// Whether a password may be tried.
    pub passwords: bool,
    /// Whether keyboard-interactive may be tried.
    pub questions: bool,
    /// Algorithms to offer.
    pub algorithms: AlgorithmLists,
    /// Remarks on ignored settings, with file and line.
    pub notes: Vec<String>,
}
