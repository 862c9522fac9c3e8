//! Why there is no socket.

use std::io;
use std::path::PathBuf;

/// Why a socket cannot be bound.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SocketError {
    /// Another process listens there.
    #[error("another server listens at {}; use that one, or stop it first", path.display())]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// What is there is no socket.
    #[error("{} is not a socket, and is left as it is; name another path, or move it away", path.display())]
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// The directory is not safe.
    #[error("the directory {} {problem}; {cure}", directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
        /// What to do about it.
        cure: String,
    },
    /// The system refuses.
    #[error("cannot listen at {}: {source}", path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}
