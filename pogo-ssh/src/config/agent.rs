//! Which ssh-agent holds the keys to log in with.

use std::path::PathBuf;

/// Which ssh-agent is asked for keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Agent {
    /// The one that `SSH_AUTH_SOCK` names when the transport is built, if any.
    #[default]
    Environment,
    /// The one behind this socket.
    Socket(PathBuf),
    /// None.
    Off,
}
