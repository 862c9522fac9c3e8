//! The answer: how one host is reached.

use std::path::PathBuf;
use std::time::Duration;

use super::algorithm_list::AlgorithmList;
use super::environment::Environment;
use super::jump::Hop;

/// What is asked of a [`ClientConfig`](super::ClientConfig): a host, and what is set for it elsewhere already, as on
/// the command line of `ssh`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct HostQuery {
    /// The host's name, as an operator would give it to `ssh`.
    pub host: String,
    /// Name or address to connect to (`-o HostName=`).
    pub host_name: Option<String>,
    /// Port (`-p`).
    pub port: Option<u16>,
    /// User (`-l`).
    pub user: Option<String>,
    /// Hosts on the way (`-J`); an empty list for none.
    pub jump: Option<Vec<Hop>>,
    /// What is to be run there, for `Match command` and `Match sessiontype`.
    pub command: Option<String>,
    /// Whether it is only a way to another host, on which nothing runs (`-W`).
    pub forwards_only: bool,
}

impl HostQuery {
    /// Asks for a host by its name, with nothing else set.
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

    /// Sets the hosts on the way (`-J`); an empty list for none.
    pub fn jump(mut self, hops: impl IntoIterator<Item = Hop>) -> Self {
        self.jump = Some(hops.into_iter().collect());
        self
    }

    /// Sets what is to be run there, for `Match command` and `Match sessiontype`.
    pub fn command(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }
}

/// Where the keys of an ssh-agent are to be had.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum IdentityAgent {
    /// Nowhere.
    None,
    /// From the agent that `SSH_AUTH_SOCK` names.
    Environment,
    /// From the agent behind this socket.
    Socket(PathBuf),
}

/// Which addresses of a host to connect to.
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

/// Policy for unknown host keys, in OpenSSH's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum StrictHostKeyChecking {
    /// They are refused.
    Yes,
    /// Somebody is asked; as nobody is there, they are refused.
    Ask,
    /// They are taken and remembered.
    AcceptNew,
    /// Any key is taken.
    No,
}

/// After how much a connection agrees on new keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RekeyLimit {
    /// Bytes in one direction.
    pub bytes: Option<u64>,
    /// Time.
    pub interval: Option<Duration>,
}

/// Which algorithms may be used with a host, as far as the configuration says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct AlgorithmLists {
    /// Methods of key exchange (`KexAlgorithms`).
    pub kex: Option<AlgorithmList>,
    /// `Ciphers`.
    pub ciphers: Option<AlgorithmList>,
    /// `MACs`.
    pub macs: Option<AlgorithmList>,
    /// What hosts prove their keys with (`HostKeyAlgorithms`).
    pub host_keys: Option<AlgorithmList>,
    /// What users' keys sign with (`PubkeyAcceptedAlgorithms`).
    pub user_keys: Option<AlgorithmList>,
    /// What certificates of hosts and users may be signed with (`CASignatureAlgorithms`).
    pub authorities: Option<AlgorithmList>,
    /// Bits that RSA keys of hosts and users must have (`RequiredRSASize`).
    pub required_rsa_size: Option<u32>,
}

/// What OpenSSH's configuration says about one host. `None` is for what it does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostSettings {
    /// Name or address to connect to.
    pub host_name: String,
    /// User to log in as.
    pub user: Option<String>,
    /// Port to connect to.
    pub port: Option<u16>,
    /// The name its key is known by, in lower case.
    pub host_key_alias: Option<String>,
    /// Key files to log in with, in order; none at all if it says so.
    pub identity_files: Option<Vec<PathBuf>>,
    /// Certificates to log in with, besides those beside key files.
    pub certificate_files: Vec<PathBuf>,
    /// Whether of the agent's keys only those of the key files are used.
    pub identities_only: Option<bool>,
    /// Which agent to ask.
    pub identity_agent: Option<IdentityAgent>,
    /// The agent that commands on the host may use.
    pub forward_agent: Option<IdentityAgent>,
    /// The user's known_hosts files; none at all if it says so.
    pub user_known_hosts: Option<Vec<PathBuf>>,
    /// The machine's known_hosts files; none at all if it says so.
    pub global_known_hosts: Option<Vec<PathBuf>>,
    /// Whether names are hashed where new keys are recorded.
    pub hash_known_hosts: Option<bool>,
    /// Whether the address must not be known for another key.
    pub check_host_ip: Option<bool>,
    /// Whether any key is taken at an address of this machine itself (`NoHostAuthenticationForLocalhost`).
    pub trusts_localhost: bool,
    /// What becomes of unknown host keys.
    pub strict_host_key_checking: Option<StrictHostKeyChecking>,
    /// Hosts on the way, the first to pass first. Empty: none.
    pub jump: Vec<Hop>,
    /// Time to connect. Zero: no limit.
    pub connect_timeout: Option<Duration>,
    /// How often to try to connect.
    pub connection_attempts: Option<u32>,
    /// How often a silent host is asked whether it is there. Zero: never.
    pub server_alive_interval: Option<Duration>,
    /// After how many questions without an answer the link counts as lost.
    pub server_alive_count_max: Option<u32>,
    /// Whether the system looks after a silent connection.
    pub tcp_keep_alive: Option<bool>,
    /// When to agree on new keys.
    pub rekey_limit: RekeyLimit,
    /// The address of this machine to connect from.
    pub bind_address: Option<String>,
    /// The interface of this machine to connect from.
    pub bind_interface: Option<String>,
    /// What the environment of commands gets, as far as the server takes it.
    pub environment: Environment,
    /// Which addresses to connect to.
    pub address_family: AddressFamily,
    /// Whether keys may be tried.
    pub public_keys: bool,
    /// Whether a password may be tried.
    pub passwords: bool,
    /// Whether the host's questions may be answered.
    pub questions: bool,
    /// Which algorithms may be used.
    pub algorithms: AlgorithmLists,
    /// What it says and is left out here, each with file and line: the command runs all the same.
    pub notes: Vec<String>,
}
