//! Keys in an ssh-agent.

use std::path::Path;

use russh::keys::PublicKey;
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use tokio::net::UnixStream;

/// A line to an agent, and the keys it holds.
pub(super) struct AgentKeys {
    pub(super) client: AgentClient<UnixStream>,
    pub(super) keys: Vec<PublicKey>,
}

impl AgentKeys {
    /// Asks the agent behind this socket for its keys. Certificates among them are left out.
    pub(super) async fn ask(socket: &Path) -> Result<Self, russh::keys::Error> {
        let mut client = AgentClient::connect_uds(socket).await?;
        let identities = client.request_identities().await?;
        let keys = identities
            .into_iter()
            .filter_map(|identity| match identity {
                AgentIdentity::PublicKey { key, .. } => Some(key),
                AgentIdentity::Certificate { .. } => None,
            })
            .collect();
        Ok(Self { client, keys })
    }
}
