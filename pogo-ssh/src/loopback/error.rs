//! Errors of a loopback fleet.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why an operation on a loopback fleet failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoopbackError {
    /// The fleet has no host of this name.
    #[error("the loopback fleet has no host `{0}`")]
    UnknownHost(String),
    /// A duplicate or invalid host name.
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
        /// The maximum.
        max: usize,
    },
    /// A server cannot listen. With many hosts, check the file-descriptor limit: each host needs one.
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
    /// A key could not be generated.
    #[error("cannot make a key: {0}")]
    Key(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl LoopbackError {
    pub(super) fn key(error: russh::keys::ssh_key::Error) -> Self {
        Self::Key(error.into())
    }
}
