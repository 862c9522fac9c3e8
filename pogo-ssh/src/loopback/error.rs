//! What can go wrong with a loopback fleet itself.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a loopback fleet could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoopbackError {
    /// The fleet has no host of this name.
    #[error("the loopback fleet has no host `{0}`")]
    UnknownHost(String),
    /// A name twice, or one that cannot name a host.
    #[error("`{name}` cannot be a host of the loopback fleet: {reason}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// More hosts than loopback addresses.
    #[error("a loopback fleet has at most {max} hosts")]
    TooMany {
        /// The most it can have.
        max: usize,
    },
    /// No server can listen there. With many hosts, look at the limit of open files: each host needs one.
    #[error("cannot listen on {address}: {source}; with many hosts, raise the limit of open files (ulimit -n)")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A file of the fleet could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A key could not be made.
    #[error("cannot make a key: {0}")]
    Key(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl LoopbackError {
    pub(super) fn key(error: russh::keys::ssh_key::Error) -> Self {
        Self::Key(error.into())
    }
}
