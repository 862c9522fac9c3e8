//! Agent forwarding (`ForwardAgent`).

use russh::client::{ChannelOpenHandle, Msg};
use russh::{Channel, ChannelOpenFailure};
use tokio::net::UnixStream;

use crate::target::SessionOptions;

/// Connects the host to the agent, if the configuration allows it.
pub(super) async fn forward_agent(options: &SessionOptions, channel: Channel<Msg>, reply: ChannelOpenHandle) {
    // Refused without `ForwardAgent`, whatever the host asks: it could use the keys of whoever runs
    // this.
    let Some(socket) = options.agent.clone() else {
        return reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
    };
    // The task ends with the channel, at the latest with the connection.
    tokio::spawn(async move {
        let Ok(mut agent) = UnixStream::connect(&socket).await else {
            return reply.reject(ChannelOpenFailure::ConnectFailed).await;
        };
        reply.accept().await;
        let mut channel = channel.into_stream();
        // An error here concerns the host and the agent, not the attempt.
        let _ = tokio::io::copy_bidirectional(&mut channel, &mut agent).await;
    });
}
