//! The loopback fleet: its hosts, their keys, its credentials.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pogo_core::fleet::{Connection, HostName};
use russh::keys::key::safe_rng;
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, PrivateKey, PublicKey};
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::addresses::{MAX_HOSTS, address_of};
use super::error::LoopbackError;
use super::fault::Fault;
use super::host::{LoopbackHost, POST_HOOKS, PRE_HOOKS, USER};
use super::listener::listen;
use super::processes::Processes;
use super::shared::FleetShared;
use crate::config::{Agent, SshTransportBuilder};
use crate::trust::fingerprint;

/// Hosts on loopback addresses, each a real SSH server. When dropped, its processes are killed and its files removed.
///
/// Needs a tokio runtime, and on the machine addresses 127.1.0.0/16 (Linux has them; elsewhere all hosts share
/// 127.0.0.1 and differ by port). Listens on loopback addresses only, and accepts only the key and the
/// password that are generated at every start.
#[derive(Debug)]
pub struct LoopbackFleet {
    shared: Arc<FleetShared>,
    hosts: HashMap<HostName, Arc<LoopbackHost>>,
    order: Vec<HostName>,
    directory: TempDir,
    _servers: JoinSet<()>,
}

impl LoopbackFleet {
    /// The directory of pre-hooks on each host, below its home.
    pub const PRE_HOOKS: &'static str = PRE_HOOKS;
    /// The directory of post-hooks on each host, below its home.
    pub const POST_HOOKS: &'static str = POST_HOOKS;
    /// The login user.
    pub const USER: &'static str = USER;

    /// Starts a host for each name.
    pub async fn start<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Result<Self, LoopbackError> {
        let directory = tempfile::Builder::new()
            .prefix("pogo-loopback-")
            .tempdir()
            .map_err(|source| LoopbackError::Write {
                path: std::env::temp_dir(),
                source,
            })?;
        let client_key = new_key()?;
        let shared = Arc::new(FleetShared {
            client_key: client_key.public_key().clone(),
            // Any text that nobody can guess: these servers run commands for whoever logs in.
            password: SecretString::from(fingerprint(new_key()?.public_key())),
            other_key: new_key()?,
            processes: Processes::default(),
            busy: Arc::default(),
            handshakes: Arc::default(),
        });
        let mut fleet = Self {
            shared,
            hosts: HashMap::new(),
            order: Vec::new(),
            directory,
            _servers: JoinSet::new(),
        };
        for name in names {
            fleet.add(name.as_ref()).await?;
        }
        fleet.write_files(&client_key)?;
        Ok(fleet)
    }

    async fn add(&mut self, name: &str) -> Result<(), LoopbackError> {
        let bad_name = |reason: String| LoopbackError::Name {
            name: name.to_owned(),
            reason,
        };
        let name = HostName::new(name).map_err(|error| bad_name(error.to_string()))?;
        if self.hosts.contains_key(&name) {
            return Err(bad_name("it is there already".to_owned()));
        }
        let position = self.order.len();
        let address = address_of(position).ok_or(LoopbackError::TooMany { max: MAX_HOSTS })?;
        let listener = bind(address).await?;
        let address = listener.local_addr().map_err(|source| LoopbackError::Listen {
            address: SocketAddr::new(IpAddr::V4(address), 0),
            source,
        })?;
        // By number: a host name may contain characters that a file name cannot.
        let home = self.directory.path().join(format!("host-{position}"));
        fs::create_dir(&home).map_err(|source| LoopbackError::Write {
            path: home.clone(),
            source,
        })?;
        let host = Arc::new(LoopbackHost::new(name.clone(), address, home, new_key()?));
        self._servers
            .spawn(listen(listener, Arc::clone(&host), Arc::clone(&self.shared)));
        self.order.push(name.clone());
        self.hosts.insert(name, host);
        Ok(())
    }

    fn write_files(&self, client_key: &PrivateKey) -> Result<(), LoopbackError> {
        let mut known_hosts = String::new();
        for host in self.hosts() {
            let key = PublicKey::from(host.key.public_key().key_data().clone())
                .to_openssh()
                .map_err(LoopbackError::key)?;
            let address = host.address();
            known_hosts.push_str(&format!("[{}]:{} {}\n", address.ip(), address.port(), key.trim()));
        }
        write_private(&self.known_hosts_file(), known_hosts.as_bytes())?;
        write_private(
            &self.identity_file(),
            client_key
                .to_openssh(LineEnding::LF)
                .map_err(LoopbackError::key)?
                .as_bytes(),
        )
    }

    /// A transport builder that trusts these hosts and can log in to them.
    pub fn transport(&self) -> SshTransportBuilder {
        SshTransportBuilder::default()
            .user(Self::USER)
            .agent(Agent::Off)
            .identity(self.identity_file())
            .known_hosts([self.known_hosts_file()])
    }

    /// The hosts, in the order of their names at the start.
    pub fn hosts(&self) -> impl Iterator<Item = &LoopbackHost> {
        self.order
            .iter()
            .filter_map(|name| self.hosts.get(name))
            .map(|host| &**host)
    }

    /// The host of this name.
    pub fn host(&self, name: &str) -> Result<&LoopbackHost, LoopbackError> {
        let host = self.hosts.get(name).map(|host| &**host);
        host.ok_or_else(|| LoopbackError::UnknownHost(name.to_owned()))
    }

    /// Connection settings of this host.
    pub fn connection(&self, name: &str) -> Result<Connection, LoopbackError> {
        Ok(self.host(name)?.connection())
    }

    /// Injects a fault into this host.
    pub fn inject(&self, name: &str, fault: Fault) -> Result<(), LoopbackError> {
        self.host(name)?.set_fault(fault);
        Ok(())
    }

    /// Removes this host's fault.
    pub fn heal(&self, name: &str) -> Result<(), LoopbackError> {
        self.host(name)?.heal();
        Ok(())
    }

    /// Path of a known_hosts file with the keys of all hosts.
    pub fn known_hosts_file(&self) -> PathBuf {
        self.directory.path().join("known_hosts")
    }

    /// Path of the private key that can log in.
    pub fn identity_file(&self) -> PathBuf {
        self.directory.path().join("id_ed25519")
    }

    /// The password that can log in.
    pub fn password(&self) -> SecretString {
        self.shared.password.clone()
    }

    /// A directory for the caller's own files; removed with the fleet.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The number of hosts on which something runs now.
    pub fn busy(&self) -> usize {
        self.shared.busy.now()
    }

    /// The peak number of concurrent handshakes and logins.
    pub fn peak_handshakes(&self) -> usize {
        self.shared.handshakes.peak()
    }

    /// The peak number of hosts on which something ran at once.
    pub fn peak(&self) -> usize {
        self.shared.busy.peak()
    }
}

impl Drop for LoopbackFleet {
    fn drop(&mut self) {
        self.shared.processes.kill_all();
    }
}

fn new_key() -> Result<PrivateKey, LoopbackError> {
    PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519).map_err(LoopbackError::key)
}

/// Listens on any free port of this address, or of 127.0.0.1 where that is the only loopback address.
async fn bind(address: Ipv4Addr) -> Result<TcpListener, LoopbackError> {
    match TcpListener::bind((address, 0)).await {
        Err(error) if error.kind() == std::io::ErrorKind::AddrNotAvailable => {
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
        }
        bound => bound,
    }
    .map_err(|source| LoopbackError::Listen {
        address: SocketAddr::new(IpAddr::V4(address), 0),
        source,
    })
}

fn write_private(path: &Path, bytes: &[u8]) -> Result<(), LoopbackError> {
    let mut options = OpenOptions::new();
    let opened = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    opened
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|source| LoopbackError::Write {
            path: path.to_owned(),
            source,
        })
}
