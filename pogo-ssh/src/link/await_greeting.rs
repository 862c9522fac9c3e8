//! Waiting for a server's first words.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout, timeout_at};

use super::error::ConnectError;
use super::greeting::foreign;
use super::handshake::IDENTIFICATION;
use super::peeked_stream::PeekedStream;
use crate::target::Target;

/// A host that sends nothing for so long may wait for our first line, as some servers do, and those of other protocols.
const SPEAKS_WITHIN: Duration = Duration::from_secs(2);

/// Waits until the host has said something that may be SSH.
// A server speaks first. One that does not has no claim to a slot among the handshakes.
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
    // Not sent at once: hosts that wait for a handshake slot would begin theirs. One that closes now may still have sent
    // why.
    let _ = stream.greet(IDENTIFICATION).await;
    stream.readable().await
}
