//! Keys and certificates in an ssh-agent.

use std::io;
use std::path::Path;
use std::time::Duration;

use russh::keys::agent::client::AgentClient;
use russh::keys::agent::{AgentIdentity, AgentSessionBinding};
use russh::keys::key::parse_public_key;
use russh::keys::ssh_encoding::Decode;
use russh::keys::{Certificate, HashAlg};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// Time limit for listing keys, for which an agent asks nobody.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// Time limit for signing, for which an agent may ask for a touch, a PIN or a confirmation.
const SIGNS_WITHIN: Duration = Duration::from_secs(60);

const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
/// The longest message of OpenSSH's own agent and client.
const LONGEST_ANSWER: u32 = 256 << 10;

/// A connection to an agent, and its keys in its order.
pub(super) struct Agent {
    client: AgentClient<UnixStream>,
    /// A request timed out, so its answer may still arrive: the connection is unusable.
    is_late: bool,
    pub(super) identities: Vec<AgentIdentity>,
}

/// Why an agent could not be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum AgentError {
    /// Its socket is not there, or closes.
    #[error("cannot be asked: {0}")]
    Unreachable(#[from] io::Error),
    /// It listens, and does not answer: one that is forwarded from a machine that sleeps.
    #[error("does not answer within {} s", ANSWERS_WITHIN.as_secs())]
    Silent,
    /// What listens there speaks another protocol.
    #[error("answers what no ssh-agent would")]
    Garbled,
}

/// Why an agent did not sign.
#[derive(Debug, thiserror::Error)]
pub(super) enum AgentSignError {
    /// Its user has neither confirmed nor refused in time.
    #[error("the agent did not sign within {} s", SIGNS_WITHIN.as_secs())]
    Silent,
    /// Its user refused, its key may not be used for this host, or it is gone.
    #[error("the agent did not sign: {0}")]
    Refused(#[from] russh::keys::Error),
}

impl Agent {
    /// Lists the agent's keys. The session binding lets it show keys that are restricted to certain hosts.
    pub(super) async fn ask(socket: &Path, binding: Option<&AgentSessionBinding>) -> Result<Self, AgentError> {
        let asking = async {
            let mut stream = UnixStream::connect(socket).await?;
            if let Some(binding) = binding {
                // Agents without this extension answer with a failure, which is harmless.
                let _ = AgentClient::connect(&mut stream).bind_session(binding, false).await;
            }
            let identities = identities(&mut stream).await?;
            Ok(Self {
                client: AgentClient::connect(stream),
                is_late: false,
                identities,
            })
        };
        timeout(ANSWERS_WITHIN, asking).await.unwrap_or(Err(AgentError::Silent))
    }

    /// Signs with one of its keys; returns the signed data with the signature appended.
    pub(super) async fn sign(
        &mut self,
        identity: &AgentIdentity,
        hash: Option<HashAlg>,
        data: Vec<u8>,
    ) -> Result<Vec<u8>, AgentSignError> {
        if self.is_late {
            return Err(AgentSignError::Silent);
        }
        match timeout(SIGNS_WITHIN, self.client.sign_request(identity, hash, data)).await {
            Ok(signed) => Ok(signed?),
            Err(_) => {
                self.is_late = true;
                Err(AgentSignError::Silent)
            }
        }
    }
}

/// Parses the agent's list. The library's own parser fails at the first key of an unknown type.
async fn identities(stream: &mut UnixStream) -> Result<Vec<AgentIdentity>, AgentError> {
    stream.write_all(&[0, 0, 0, 1, REQUEST_IDENTITIES]).await?;
    let length = stream.read_u32().await?;
    // Before anything is allocated: the length is whatever answers on that socket says.
    if length > LONGEST_ANSWER {
        return Err(AgentError::Garbled);
    }
    let mut answer = vec![0; usize::try_from(length).unwrap_or_default()];
    stream.read_exact(&mut answer).await?;
    match answer.split_first() {
        Some((&IDENTITIES_ANSWER, list)) => parse(list).ok_or(AgentError::Garbled),
        // A failure: it has no keys to show.
        Some(_) => Ok(Vec::new()),
        None => Err(AgentError::Garbled),
    }
}

fn parse(mut list: &[u8]) -> Option<Vec<AgentIdentity>> {
    let count = u32::decode(&mut list).ok()?;
    let mut identities = Vec::new();
    for _ in 0..count {
        let blob = Vec::<u8>::decode(&mut list).ok()?;
        let comment = Vec::<u8>::decode(&mut list).ok()?;
        // A key of a type that is not known here leaves only itself out: agents with FIDO keys list
        // them beside others.
        identities.extend(identity(&blob, String::from_utf8_lossy(&comment).into_owned()));
    }
    Some(identities)
}

/// `None` for an unsupported key type.
fn identity(blob: &[u8], comment: String) -> Option<AgentIdentity> {
    let algorithm = String::decode(&mut &*blob).ok()?;
    // Recognized by the name inside, since a certificate is listed as a key like any other.
    if algorithm.ends_with("-cert-v01@openssh.com") {
        let certificate = Certificate::decode(&mut &*blob).ok()?;
        return Some(AgentIdentity::Certificate { certificate, comment });
    }
    let key = parse_public_key(blob).ok()?;
    Some(AgentIdentity::PublicKey { key, comment })
}
