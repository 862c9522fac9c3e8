//! Where a server is reached.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use tokio::net::UnixStream;

use crate::SocketPath;

/// Where a server is reached. Displays as people name it.
#[derive(Debug, Clone)]
pub(super) enum Endpoint {
    Unix(PathBuf),
}

impl Endpoint {
    pub(super) fn unix(path: &Path) -> Self {
        Self::Unix(path.to_owned())
    }

    pub(super) async fn connect(&self) -> io::Result<UnixStream> {
        match self {
            Self::Unix(path) => UnixStream::connect(SocketPath::of(path)?.address()).await,
        }
    }

    /// The `Host` of requests, which HTTP asks for and nobody reads.
    pub(super) fn host(&self) -> &'static str {
        match self {
            Self::Unix(_) => "localhost",
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}
