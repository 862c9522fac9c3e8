//! Callbacks of the SSH library for one connection.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use russh::Channel;
use russh::client::{self, ChannelOpenHandle, Msg, Session};
use russh::keys::PublicKeyOrCertificate;

use super::agent_forwarding::forward_agent;
use crate::target::Target;
use crate::trust::{HostKeyRefusal, Verifier};

/// Why a connection failed or ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    /// The host's key is not trusted.
    #[error(transparent)]
    HostKey(#[from] HostKeyRefusal),
    /// The connection was lost, or the other side broke the protocol.
    #[error(transparent)]
    Ssh(#[from] russh::Error),
}

/// Why a connection ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DisconnectReason {
    /// The host ended it, with this message.
    #[error("the host disconnected: {0}")]
    ByHost(String),
    /// The connection broke.
    #[error("{0}")]
    Broken(String),
}

/// The reason why a connection ended, once it has.
#[derive(Debug, Clone, Default)]
pub(crate) struct DisconnectCell(Arc<Mutex<Option<DisconnectReason>>>);

impl DisconnectCell {
    fn set(&self, reason: DisconnectReason) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
    }

    pub(crate) fn get(&self) -> Option<DisconnectReason> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Handles the callbacks of one connection.
#[derive(Debug)]
pub(crate) struct LinkHandler {
    pub(super) verifier: Arc<Verifier>,
    pub(super) target: Arc<Target>,
    /// The address it was reached at, if known.
    pub(super) address: Option<IpAddr>,
    pub(super) disconnect: DisconnectCell,
}

impl client::Handler for LinkHandler {
    type Error = LinkError;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, LinkError> {
        // Inline where nothing blocks: a blocking task for each check woke several threads per host.
        if !self.verifier.may_wait() {
            self.verifier.verify(&self.target, shown, self.address)?;
            return Ok(true);
        }
        let (verifier, target, address) = (Arc::clone(&self.verifier), Arc::clone(&self.target), self.address);
        let shown = match shown {
            PublicKeyOrCertificate::PublicKey { key, hash_alg } => PublicKeyOrCertificate::PublicKey {
                key: key.clone(),
                hash_alg: *hash_alg,
            },
            PublicKeyOrCertificate::Certificate(certificate) => {
                PublicKeyOrCertificate::Certificate(certificate.clone())
            }
        };
        // Recording a new key waits for a file lock.
        let checked = tokio::task::spawn_blocking(move || verifier.verify(&target, &shown, address)).await;
        checked.map_err(|_| russh::Error::Inconsistent)??;
        Ok(true)
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), LinkError> {
        forward_agent(&self.target.session, channel, reply).await;
        Ok(())
    }

    async fn disconnected(&mut self, reason: client::DisconnectReason<LinkError>) -> Result<(), LinkError> {
        match reason {
            client::DisconnectReason::ReceivedDisconnect(info) => {
                // The text is the host's: remove control characters and limit its length.
                let message: String = info.message.chars().filter(|c| !c.is_control()).take(200).collect();
                self.disconnect.set(DisconnectReason::ByHost(message));
                Ok(())
            }
            client::DisconnectReason::Error(error) => {
                let through = self.target.via.as_ref();
                let through = through.map_or_else(String::new, |via| format!(" (the way leads through {via})"));
                self.disconnect
                    .set(DisconnectReason::Broken(format!("{}{through}", in_words(&error))));
                Err(error)
            }
        }
    }
}

/// The error in words, where the library's message is too terse.
fn in_words(error: &LinkError) -> String {
    match error {
        LinkError::Ssh(russh::Error::HUP | russh::Error::Disconnect) => "the connection was closed".to_owned(),
        LinkError::Ssh(russh::Error::KeepaliveTimeout) => "the host no longer answers (keepalive)".to_owned(),
        LinkError::Ssh(russh::Error::IO(error)) => format!("the connection broke: {error}"),
        other => other.to_string(),
    }
}
