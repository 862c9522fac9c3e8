//! From an open TCP connection to a session that commands can run in.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::scheduler::FailureKind;
use russh::client::{self, Handle};
use russh::keys::Algorithm;
use russh::{AlgorithmKind, Disconnect, Preferred, SshId};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::auth::authenticate;
use super::connect::{Connector, Unconnected};
use super::handler::{LastWords, LinkError, LinkHandler};
use super::jump::Behind;
use crate::severable::{CutOnDrop, Severable};
use crate::target::Target;
use crate::trust::Verifier;

/// A connection with somebody logged in. Dropping it cuts it at once.
pub(crate) struct Link {
    pub(crate) handle: Handle<LinkHandler>,
    pub(crate) last_words: LastWords,
    _cut: CutOnDrop,
    /// Its place among the connections.
    pub(super) place: Option<OwnedSemaphorePermit>,
    /// Its place behind a jump host.
    pub(super) behind: Option<Behind>,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("last_words", &self.last_words)
            .finish_non_exhaustive()
    }
}

impl Link {
    /// Says goodbye, so that the host need not wonder. Takes no longer than a moment.
    pub(crate) async fn close(self) {
        let goodbye = self.handle.disconnect(Disconnect::ByApplication, "", "");
        if timeout(Duration::from_secs(1), goodbye).await.is_ok() {
            let _ = timeout(Duration::from_secs(1), self.handle).await;
        }
    }
}

/// Exchanges keys, checks the host's, logs in.
pub(super) async fn shake_hands<S>(connector: &Connector, target: &Arc<Target>, stream: S) -> Result<Link, Unconnected>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let verifier = connector.trust.of(target).map_err(|message| Unconnected {
        kind: FailureKind::HostKey,
        message,
    })?;
    let last_words = LastWords::default();
    let settings = settings_for(&verifier, target);
    let handler = LinkHandler {
        verifier,
        target: Arc::clone(target),
        last_words: last_words.clone(),
    };
    let (stream, cut) = Severable::new(stream);
    let mut handle = client::connect_stream(Arc::new(settings), stream, handler)
        .await
        .map_err(|error| unconnected(target, error))?;
    authenticate(&mut handle, &last_words, target, &connector.credentials).await?;
    Ok(Link {
        handle,
        last_words,
        _cut: cut,
        place: None,
        behind: None,
    })
}

fn settings_for(verifier: &Verifier, target: &Target) -> client::Config {
    let offered = verifier.preferred(target, &Preferred::DEFAULT.key);
    let certificates = if verifier.wants_certificate(target) {
        // No signature by SHA-1.
        let sha1 = Algorithm::Rsa { hash: None };
        Preferred::DEFAULT
            .key
            .iter()
            .filter(|algorithm| **algorithm != sha1)
            .cloned()
            .collect()
    } else {
        Vec::new()
    };
    client::Config {
        client_id: SshId::Standard(Cow::Borrowed(concat!("SSH-2.0-pogo_", env!("CARGO_PKG_VERSION")))),
        keepalive_interval: target.keepalive,
        keepalive_max: target.keepalive_max,
        // Enough for a burst of output, small enough to hold ten thousand of them.
        window_size: 256 << 10,
        preferred: Preferred {
            key: Cow::Owned(offered),
            host_key_certificates: Cow::Owned(certificates),
            ..Preferred::DEFAULT
        },
        ..client::Config::default()
    }
}

fn unconnected(target: &Target, error: LinkError) -> Unconnected {
    let (kind, message) = match error {
        LinkError::HostKey(refusal) => (FailureKind::HostKey, refusal.to_string()),
        LinkError::Ssh(russh::Error::NoCommonAlgo {
            kind: AlgorithmKind::Key,
            theirs,
            ..
        }) => (
            FailureKind::HostKey,
            format!(
                "{target} has no host key of a type that is taken here: it offers {}",
                theirs.join(", ")
            ),
        ),
        LinkError::Ssh(russh::Error::WrongServerSig) => (
            FailureKind::HostKey,
            format!("{target} could not prove that it owns the host key it shows"),
        ),
        LinkError::Ssh(error) => (
            FailureKind::Unreachable,
            format!("no SSH connection to {target}: {}", in_words(&error)),
        ),
    };
    Unconnected { kind, message }
}

/// What happened, where the library's own words are too short.
fn in_words(error: &russh::Error) -> String {
    match error {
        russh::Error::Disconnect | russh::Error::HUP => {
            "the host closed the connection during the handshake".to_owned()
        }
        russh::Error::Version => "what answers there does not speak SSH".to_owned(),
        russh::Error::IO(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            "the host closed the connection during the handshake".to_owned()
        }
        other => other.to_string(),
    }
}
