//! The ssh-agent to use.

use std::path::{Path, PathBuf};

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

/// Knows of agents that stand in for others, such as one of a login that came after the one that a job was submitted
/// from.
pub trait AgentSource: Send + Sync {
    /// The socket of an agent to ask where the one behind this socket cannot be asked; `None` if there is none now.
    fn agent(&self, socket: &Path) -> Option<PathBuf>;
}

impl<F: Fn(&Path) -> Option<PathBuf> + Send + Sync> AgentSource for F {
    fn agent(&self, socket: &Path) -> Option<PathBuf> {
        self(socket)
    }
}
