//! Waits for a server's identification line.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout, timeout_at};

use super::error::ConnectError;
use super::greeting::foreign;
use super::handshake::IDENTIFICATION;
use super::peeked_stream::PeekedStream;
use crate::target::Target;

/// How long to wait before the client's line is sent: some servers, and those of other protocols, wait for it.
const SPEAKS_WITHIN: Duration = Duration::from_secs(2);

/// Waits until the host has sent what may be an SSH identification line.
// Servers send first. One that does not must not take a handshake slot.
pub(super) async fn await_greeting<S>(
    stream: &mut PeekedStream<S>,
    target: &Target,
    deadline: Instant,
) -> Result<(), ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match timeout_at(
        deadline,
        // Half of a short timeout, so that a host which waits for our line has time to answer it.
        first_bytes(stream, SPEAKS_WITHIN.min(target.connect_timeout / 2)),
    )
    .await
    {
        Ok(Ok(())) => {}
        Ok(Err(error)) if error.kind() == ErrorKind::UnexpectedEof => {
            let closed = "it accepted the connection, then closed it";
            return Err(ConnectError::unreachable(target, closed));
        }
        Ok(Err(error)) => return Err(ConnectError::unreachable(target, error.to_string())),
        Err(_) => {
            let silent = "it accepted the connection, then said nothing";
            return Err(ConnectError::too_slow(target, silent));
        }
    }
    match foreign(&stream.first_bytes().get(), target.port) {
        Some(protocol) => Err(ConnectError::unreachable(target, protocol)),
        None => Ok(()),
    }
}

async fn first_bytes<S>(stream: &mut PeekedStream<S>, patience: Duration) -> std::io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if let Ok(spoken) = timeout(patience, stream.readable()).await {
        return spoken;
    }
    // Not sent at once: hosts that wait for a handshake slot would start their handshake. One that
    // closes now may have sent the reason.
    let _ = stream.greet(IDENTIFICATION).await;
    stream.readable().await
}
