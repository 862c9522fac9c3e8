//! What the configuration gives a host's sessions.

use std::env;
use std::path::PathBuf;

use crate::config::Agent;
use crate::ssh_config::{HostSettings, IdentityAgent};
use crate::target::SessionOptions;

/// `agent` is what the transport was told about agents: without any to log in with, none is forwarded either.
pub(crate) fn session_options(said: Option<&HostSettings>, agent: Option<&Agent>) -> SessionOptions {
    let Some(settings) = said else {
        return SessionOptions::default();
    };
    let of_environment = || {
        env::var_os("SSH_AUTH_SOCK")
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    };
    SessionOptions {
        environment: settings.environment.clone(),
        agent: match (settings.forward_agent.as_ref(), agent) {
            (None | Some(IdentityAgent::None), _) | (_, Some(Agent::Off)) => None,
            (Some(IdentityAgent::Socket(path)), _) => Some(path.clone()),
            (Some(IdentityAgent::Environment), Some(Agent::Socket(path))) => Some(path.clone()),
            (Some(IdentityAgent::Environment), None | Some(Agent::Environment)) => of_environment(),
        },
    }
}
