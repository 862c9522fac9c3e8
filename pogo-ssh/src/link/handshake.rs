//! From an open TCP connection to a session that commands can run in.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::scheduler::FailureKind;
use russh::client::{self, GexParams, Handle};
use russh::{Disconnect, Limits, Preferred, SshId};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::auth::authenticate;
use super::connect::{Connector, Meeting, Unconnected};
use super::disagreement::unconnected;
use super::handler::{LastWords, LinkError, LinkHandler};
use super::jump::Behind;
use crate::severable::{CutOnDrop, Severable};
use crate::ssh_config::RekeyLimit;
use crate::target::{SessionOptions, Target};
use crate::trust::{HostKeyRefusal, Verifier};

/// The line that each side begins with.
pub(super) const IDENTIFICATION: &str = concat!("SSH-2.0-pogo_", env!("CARGO_PKG_VERSION"), "\r\n");

/// A connection with somebody logged in. Dropping it cuts it at once.
pub(crate) struct Link {
    pub(crate) handle: Handle<LinkHandler>,
    pub(crate) last_words: LastWords,
    /// What its sessions get.
    pub(super) session: SessionOptions,
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
pub(super) async fn shake_hands<S>(
    connector: &Connector,
    target: &Arc<Target>,
    stream: S,
    meeting: Meeting<'_>,
) -> Result<Link, Unconnected>
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
        address: meeting.address,
        last_words: last_words.clone(),
    };
    let (stream, cut) = Severable::new(stream);
    let mut handle = client::connect_stream(Arc::new(settings), stream, handler)
        .await
        .map_err(|error| unconnected(target, error))?;
    check_signature(&handle, target).map_err(|error| unconnected(target, error))?;
    authenticate(&mut handle, &last_words, target, &connector.credentials, meeting.clock).await?;
    Ok(Link {
        handle,
        last_words,
        session: target.session.clone(),
        _cut: cut,
        place: None,
        behind: None,
    })
}

fn settings_for(verifier: &Verifier, target: &Target) -> client::Config {
    let algorithms = &target.algorithms;
    client::Config {
        client_id: SshId::Raw(Cow::Borrowed(IDENTIFICATION)),
        keepalive_interval: target.keepalive,
        keepalive_max: target.keepalive_max,
        // Enough for a burst of output, small enough to hold ten thousand of them.
        window_size: 256 << 10,
        preferred: Preferred {
            kex: Cow::Owned(algorithms.kex.clone()),
            cipher: Cow::Owned(algorithms.ciphers.clone()),
            mac: Cow::Owned(algorithms.macs.clone()),
            key: Cow::Owned(verifier.preferred(target)),
            host_key_certificates: Cow::Owned(verifier.certificates(target)),
            ..Preferred::DEFAULT
        },
        limits: limits(target.rekey_limit),
        // OpenSSH's bounds: many servers have no group of more than 2048 bits.
        gex: GexParams::new(2048, 8192, 8192).unwrap_or_default(),
        ..client::Config::default()
    }
}

/// When to agree on new keys; the library allows no more than a gibibyte in between.
fn limits(limit: RekeyLimit) -> Limits {
    let usual = Limits::default();
    let bytes = limit.bytes.and_then(|bytes| usize::try_from(bytes).ok());
    let bytes = bytes.unwrap_or(usual.rekey_write_limit).clamp(1 << 10, 1 << 30);
    Limits::new(bytes, bytes, limit.interval.unwrap_or(usual.rekey_time_limit))
}

/// Whether the host's signature is of a kind that was asked for.
fn check_signature(handle: &Handle<LinkHandler>, target: &Target) -> Result<(), LinkError> {
    let Some(binding) = handle.agent_session_binding() else {
        return Ok(());
    };
    let checked = target.algorithms.host_keys.check_signature(binding.signature());
    checked.map_err(|fault| HostKeyRefusal::weak(target, fault).into())
}
