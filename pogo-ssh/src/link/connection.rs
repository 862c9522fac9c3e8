//! An authenticated connection to a host.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use russh::client::{Handle, Msg};
use russh::{Channel, Disconnect};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::handler::{DisconnectCell, LinkHandler};
use crate::cancellable_stream::DropGuard;
use crate::target::SessionOptions;

/// An authenticated connection. Dropping it closes the socket at once.
pub(crate) struct Link {
    pub(crate) handle: Handle<LinkHandler>,
    /// Why it ended, once it has.
    pub(crate) disconnect: DisconnectCell,
    /// Options for its sessions: environment, agent forwarding.
    pub(super) session: SessionOptions,
    pub(super) _guard: DropGuard,
    /// Its connection slot.
    pub(super) permit: Option<OwnedSemaphorePermit>,
    /// Its channel through a jump host.
    pub(super) jump_channel: Option<JumpChannel>,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("disconnect", &self.disconnect)
            .finish_non_exhaustive()
    }
}

impl Link {
    /// Disconnects properly, so that the host notices at once. Takes two seconds at most.
    pub(crate) async fn close(self) {
        // Said and not only closed: a server that hears nothing keeps the session until its own
        // keepalive notices.
        let disconnecting = self.handle.disconnect(Disconnect::ByApplication, "", "");
        if timeout(Duration::from_secs(1), disconnecting).await.is_ok() {
            let _ = timeout(Duration::from_secs(1), self.handle).await;
        }
    }

    /// Why the connection ended, if it has; otherwise this text.
    pub(crate) fn disconnect_reason_or(&self, otherwise: &str) -> String {
        let reason = self.disconnect.get();
        reason.map_or_else(|| otherwise.to_owned(), |reason| reason.to_string())
    }

    /// Opens a session and requests its environment and agent forwarding; a server that refuses either sends
    /// no error, and the session goes on without.
    pub(crate) async fn open_session(&self) -> Result<Channel<Msg>, russh::Error> {
        let channel = self.handle.channel_open_session().await?;
        // Without a reply: servers refuse most names (`AcceptEnv`), and each answer would cost a round trip.
        for (name, value) in self.session.environment.iter() {
            channel.set_env(false, name, value).await?;
        }
        if self.session.agent.is_some() {
            channel.agent_forward(false).await?;
        }
        Ok(channel)
    }
}

/// Keeps a connection through a jump host open; dropping it frees its channel there.
#[derive(Debug)]
pub(super) struct JumpChannel {
    pub(super) _link: Arc<Link>,
    pub(super) _permit: OwnedSemaphorePermit,
}
