//! The agent of this machine, for programs on a host.

use russh::client::{ChannelOpenHandle, Msg};
use russh::{Channel, ChannelOpenFailure};
use tokio::net::UnixStream;

use crate::target::SessionOptions;

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
