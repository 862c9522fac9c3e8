//! The ssh-agent to use.

use std::path::PathBuf;

/// The ssh-agent to use for logging in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Agent {
    /// The one that `SSH_AUTH_SOCK` names when the transport is built, if any.
    #[default]
    Environment,
    /// The one behind this socket.
    Socket(PathBuf),
    /// No agent is asked for keys.
    Off,
}
