//! One host of a loopback fleet.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pogo_core::fleet::{Connection, HostName};
use russh::keys::PrivateKey;
use tokio::sync::Notify;

use super::error::LoopbackError;
use super::fault::Fault;
use super::gauge::Gauge;

/// The directory of pre-hooks, below a host's home.
pub(super) const PRE_HOOKS: &str = "pre.d";
/// The directory of post-hooks, below a host's home.
pub(super) const POST_HOOKS: &str = "post.d";
/// The user to log in as.
pub(super) const USER: &str = "pogo";

/// One host: an SSH server on an address of its own.
#[derive(Debug)]
pub struct LoopbackHost {
    pub(super) name: HostName,
    pub(super) address: SocketAddr,
    pub(super) home: PathBuf,
    pub(super) key: PrivateKey,
    fault: Mutex<Option<Fault>>,
    pub(super) fault_changed: Notify,
    /// Told when all connections are to be cut.
    pub(super) cut: Notify,
    /// What runs here now.
    running: Gauge,
    executions: AtomicUsize,
    connections: AtomicUsize,
    logins: AtomicUsize,
}

impl LoopbackHost {
    pub(super) fn new(name: HostName, address: SocketAddr, home: PathBuf, key: PrivateKey) -> Self {
        Self {
            name,
            address,
            home,
            key,
            fault: Mutex::default(),
            fault_changed: Notify::new(),
            cut: Notify::new(),
            running: Gauge::default(),
            executions: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            logins: AtomicUsize::new(0),
        }
    }

    /// Its name.
    pub fn name(&self) -> &HostName {
        &self.name
    }

    /// Where its server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How a transport reaches it: address and port.
    pub fn connection(&self) -> Connection {
        Connection::new()
            .address(self.address.ip().to_string())
            .port(self.address.port())
    }

    /// Its home directory, where whatever it runs starts. Relative hook directories are in here.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Puts an executable file into the directory [`LoopbackFleet::PRE_HOOKS`](super::LoopbackFleet::PRE_HOOKS).
    pub fn add_pre_hook(&self, name: &str, script: &str) -> Result<(), LoopbackError> {
        self.add_hook(PRE_HOOKS, name, script)
    }

    /// Puts an executable file into the directory [`LoopbackFleet::POST_HOOKS`](super::LoopbackFleet::POST_HOOKS).
    pub fn add_post_hook(&self, name: &str, script: &str) -> Result<(), LoopbackError> {
        self.add_hook(POST_HOOKS, name, script)
    }

    fn add_hook(&self, directory: &str, name: &str, script: &str) -> Result<(), LoopbackError> {
        let directory = self.home.join(directory);
        let path = directory.join(name);
        let write = || {
            fs::create_dir_all(&directory)?;
            fs::write(&path, script)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
        };
        write().map_err(|source| LoopbackError::Write {
            path: path.clone(),
            source,
        })
    }

    /// From now on, this goes wrong with it; for commands that run already, nothing changes.
    pub fn set_fault(&self, fault: Fault) {
        self.change_fault(Some(fault));
    }

    /// Cuts the connections that are open now. What runs on the host goes on.
    pub fn cut_connections(&self) {
        self.cut.notify_waiters();
    }

    /// From now on, all is well with it.
    pub fn heal(&self) {
        self.change_fault(None);
    }

    fn change_fault(&self, fault: Option<Fault>) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
        self.fault_changed.notify_one();
    }

    pub(super) fn fault(&self) -> Option<Fault> {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many commands it was asked to run so far; hooks do not count.
    pub fn executions(&self) -> usize {
        self.executions.load(Ordering::SeqCst)
    }

    /// How many connections it has accepted so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// How often somebody tried to log in so far: each key and each password is one try.
    pub fn logins(&self) -> usize {
        self.logins.load(Ordering::SeqCst)
    }

    /// The most commands and hooks that ran on it at once.
    pub fn peak(&self) -> usize {
        self.running.peak()
    }

    pub(super) fn count_connection(&self) {
        self.connections.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn count_login(&self) {
        self.logins.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn count_execution(&self) {
        self.executions.fetch_add(1, Ordering::SeqCst);
    }
}

/// Something that runs on a host; counts as running until dropped.
#[derive(Debug)]
pub(super) struct RunningGuard {
    host: Arc<LoopbackHost>,
    hosts: Arc<Gauge>,
}

impl RunningGuard {
    /// Something begins to run on this host; `hosts` counts the hosts on which anything runs.
    pub(super) fn begin(host: &Arc<LoopbackHost>, hosts: &Arc<Gauge>) -> Self {
        if host.running.up() == 1 {
            hosts.up();
        }
        Self {
            host: Arc::clone(host),
            hosts: Arc::clone(hosts),
        }
    }
}

impl Drop for RunningGuard {
    fn drop(&mut self) {
        if self.host.running.down() == 0 {
            self.hosts.down();
        }
    }
}
