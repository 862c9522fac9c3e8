//! Session options from the configuration: environment and agent forwarding.

use crate::account::agent_of_environment;
use crate::config::Agent;
use crate::target::SessionOptions;
use pogo_ssh_config::{HostSettings, IdentityAgent};

/// `agent` is the transport's setting: if it uses no agent to log in, it forwards none either.
pub(crate) fn session_options(settings: Option<&HostSettings>, agent: Option<&Agent>) -> SessionOptions {
    let Some(settings) = settings else {
        return SessionOptions::default();
    };
    SessionOptions {
        environment: settings.environment.clone(),
        agent: match (settings.forward_agent.as_ref(), agent) {
            (None | Some(IdentityAgent::None), _) | (_, Some(Agent::Off)) => None,
            (Some(IdentityAgent::Socket(path)), _) => Some(path.clone()),
            // `ForwardAgent yes` means the agent that is used, and that is the transport's.
            (Some(IdentityAgent::Environment), Some(Agent::Socket(path))) => Some(path.clone()),
            (Some(IdentityAgent::Environment), None | Some(Agent::Environment)) => agent_of_environment(),
        },
    }
}
