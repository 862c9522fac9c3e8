//! Signs for an offer that a host accepts.

use russh::SendError;
use russh::Signer;
use russh::keys::agent::AgentIdentity;
use russh::keys::signature::Signer as _;
use russh::keys::ssh_encoding::Encode;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::ssh_key::{self, Signature};
use russh::keys::{HashAlg, PrivateKey};

use super::agent::{Agent, AgentSignError};
use super::clock::LoginClock;
use super::key_file::KeyFileError;
use super::offer::SignsWith;
use crate::question::SharedPrompter;

/// Signs with an agent's key or a key file, which is opened only after the host has accepted the key.
pub(super) struct OfferSigner<'a> {
    pub(super) with: &'a SignsWith,
    pub(super) agent: Option<&'a mut Agent>,
    pub(super) asker: Option<&'a SharedPrompter>,
    pub(super) clock: &'a LoginClock,
}

/// Why signing failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignError {
    /// Its key file cannot be used.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// Its agent holds the key, and does not sign with it.
    #[error(transparent)]
    Agent(#[from] AgentSignError),
    /// The key is in an agent, and the connection to that is gone.
    #[error("the agent is gone")]
    NoAgent,
    /// The algorithm or the key is not supported.
    #[error("it cannot sign: {0}")]
    Key(#[from] ssh_key::Error),
    /// The host closed the connection while its login was signed.
    #[error("the connection was closed")]
    Send(#[from] SendError),
}

impl SignError {
    /// Whether another agent, or its user, could sign: it is gone, or waits for somebody.
    pub(super) fn is_for_want_of_an_agent(&self) -> bool {
        use russh::keys::Error::IO;
        matches!(
            self,
            Self::NoAgent | Self::Agent(AgentSignError::Silent | AgentSignError::Refused(IO(_)))
        )
    }
}

impl Signer for OfferSigner<'_> {
    type Error = SignError;

    async fn auth_sign(
        &mut self,
        _offered: &AgentIdentity,
        hash: Option<HashAlg>,
        mut data: Vec<u8>,
    ) -> Result<Vec<u8>, SignError> {
        // Signing may wait for a passphrase or the touch of a token.
        let _pause = self.clock.pause();
        match self.with {
            SignsWith::Agent(identity) => {
                let agent = self.agent.as_mut().ok_or(SignError::NoAgent)?;
                Ok(agent.sign(identity, hash, data).await?)
            }
            SignsWith::File(file) => {
                let key = file.open(self.asker).await?;
                let signature = sign(&key, hash, &data)?;
                let mut encoded = Vec::new();
                signature.encode(&mut encoded).map_err(ssh_key::Error::from)?;
                encoded.encode(&mut data).map_err(ssh_key::Error::from)?;
                Ok(data)
            }
        }
    }
}

fn sign(key: &PrivateKey, hash: Option<HashAlg>, data: &[u8]) -> Result<Signature, ssh_key::Error> {
    let signature = match key.key_data() {
        // RSA keys sign with the hash that was negotiated; by default the library would take SHA-1
        // or SHA-512 by itself.
        KeypairData::Rsa(pair) => (pair, hash).try_sign(data),
        other => other.try_sign(data),
    };
    signature.map_err(ssh_key::Error::from)
}
