//! Sessions with what the configuration gives them.

use russh::client::{ChannelOpenHandle, Msg};
use russh::{Channel, ChannelOpenFailure};
use tokio::net::UnixStream;

use super::handshake::Link;
use crate::target::SessionOptions;

impl Link {
    /// Opens a session. Asks for its environment and for the agent's way back; a server that refuses either says
    /// nothing, and the session goes on without.
    pub(crate) async fn open_session(&self) -> Result<Channel<Msg>, russh::Error> {
        let channel = self.handle.channel_open_session().await?;
        for (name, value) in self.session.environment.iter() {
            channel.set_env(false, name, value).await?;
        }
        if self.session.agent.is_some() {
            channel.agent_forward(false).await?;
        }
        Ok(channel)
    }
}

/// Lets the host speak with the agent, if the configuration says so.
pub(super) async fn forward_agent(options: &SessionOptions, channel: Channel<Msg>, reply: ChannelOpenHandle) {
    let Some(socket) = options.agent.clone() else {
        return reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
    };
    // Ends with the channel, at the latest with the connection.
    tokio::spawn(async move {
        let Ok(mut agent) = UnixStream::connect(&socket).await else {
            return reply.reject(ChannelOpenFailure::ConnectFailed).await;
        };
        reply.accept().await;
        let mut channel = channel.into_stream();
        // How it ended is between the host and the agent.
        let _ = tokio::io::copy_bidirectional(&mut channel, &mut agent).await;
    });
}
