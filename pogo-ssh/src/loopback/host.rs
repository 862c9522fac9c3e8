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
/// The login user.
pub(super) const USER: &str = "pogo";

/// One host: an SSH server on its own address.
#[derive(Debug)]
pub struct LoopbackHost {
    pub(super) name: HostName,
    pub(super) address: SocketAddr,
    pub(super) home: PathBuf,
    pub(super) key: PrivateKey,
    fault: Mutex<Option<Fault>>,
    pub(super) fault_changed: Notify,
    /// Notified to close all connections.
    pub(super) cut: Notify,
    /// Running commands and hooks.
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

    /// The address its server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its connection settings: address and port.
    pub fn connection(&self) -> Connection {
        Connection::new()
            .address(self.address.ip().to_string())
            .port(self.address.port())
    }

    /// Its home directory, the working directory of its commands. Relative hook directories start here.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Adds an executable file to the directory [`LoopbackFleet::PRE_HOOKS`](super::LoopbackFleet::PRE_HOOKS).
    pub fn add_pre_hook(&self, name: &str, script: &str) -> Result<(), LoopbackError> {
        self.add_hook(PRE_HOOKS, name, script)
    }

    /// Adds an executable file to the directory [`LoopbackFleet::POST_HOOKS`](super::LoopbackFleet::POST_HOOKS).
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

    /// Injects a fault; running commands are not affected.
    pub fn set_fault(&self, fault: Fault) {
        self.change_fault(Some(fault));
    }

    /// Closes all open connections. Commands on the host go on.
    pub fn cut_connections(&self) {
        self.cut.notify_waiters();
    }

    /// Removes its fault.
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

    /// The number of commands it was asked to run so far, without hooks.
    pub fn executions(&self) -> usize {
        self.executions.load(Ordering::SeqCst)
    }

    /// The number of connections it has accepted so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The number of login attempts so far: each key and each password counts.
    pub fn logins(&self) -> usize {
        self.logins.load(Ordering::SeqCst)
    }

    /// The peak number of concurrent commands and hooks.
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

/// A running command or hook; counted until dropped.
#[derive(Debug)]
pub(super) struct RunningGuard {
    host: Arc<LoopbackHost>,
    hosts: Arc<Gauge>,
}

impl RunningGuard {
    /// Counts a command or hook on this host; `hosts` counts the hosts on which anything runs.
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
