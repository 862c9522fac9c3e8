//! What the SSH library asks us during a connection.

use std::sync::{Arc, Mutex, PoisonError};

use russh::client::{self, DisconnectReason};
use russh::keys::PublicKeyOrCertificate;

use crate::target::Target;
use crate::trust::{HostKeyRefusal, Verifier};

/// Why a connection ended, or never was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error(transparent)]
    HostKey(#[from] HostKeyRefusal),
    #[error(transparent)]
    Ssh(#[from] russh::Error),
}

/// The words for how a connection was lost, once it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastWords(Arc<Mutex<Option<String>>>);

impl LastWords {
    fn set(&self, words: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(words);
    }

    pub(crate) fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Answers for one connection.
#[derive(Debug)]
pub(crate) struct LinkHandler {
    pub(super) verifier: Arc<Verifier>,
    pub(super) target: Arc<Target>,
    pub(super) last_words: LastWords,
}

impl client::Handler for LinkHandler {
    type Error = LinkError;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, LinkError> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else {
            return Err(HostKeyRefusal::Certificate {
                host: self.target.to_string(),
            }
            .into());
        };
        let (verifier, target, key) = (Arc::clone(&self.verifier), Arc::clone(&self.target), key.clone());
        // Recording a new key waits for a file lock.
        let checked = tokio::task::spawn_blocking(move || verifier.verify(&target, &key)).await;
        checked.map_err(|_| russh::Error::Inconsistent)??;
        Ok(true)
    }

    async fn disconnected(&mut self, reason: DisconnectReason<LinkError>) -> Result<(), LinkError> {
        match reason {
            DisconnectReason::ReceivedDisconnect(info) => {
                // The host's own words, within bounds.
                let message: String = info.message.chars().filter(|c| !c.is_control()).take(200).collect();
                self.last_words.set(format!("the host disconnected: {message}"));
                Ok(())
            }
            DisconnectReason::Error(error) => {
                self.last_words.set(error.to_string());
                Err(error)
            }
        }
    }
}
