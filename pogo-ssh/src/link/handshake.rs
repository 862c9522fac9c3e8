//! SSH handshake and login on an open TCP connection.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use pogo_core::scheduler::FailureKind;
use russh::client::{self, GexParams, Handle};
use russh::{Limits, Preferred, SshId};
use tokio::io::{AsyncRead, AsyncWrite, BufReader};

use super::auth::authenticate;
use super::clock::LoginClock;
use super::connection::Link;
use super::credentials::Credentials;
use super::error::ConnectError;
use super::handler::{DisconnectCell, LinkError, LinkHandler};
use super::handshake_error::connect_error;
use crate::cancellable_stream::CancellableStream;
use crate::target::Target;
use crate::trust::{HostKeyRefusal, Trust, Verifier};
use pogo_ssh_config::RekeyLimit;

/// The client's identification line.
pub(super) const IDENTIFICATION: &str = concat!("SSH-2.0-pogo_", env!("CARGO_PKG_VERSION"), "\r\n");

/// How many bytes of small packets are read at once.
// The library reads the length of a packet, then the rest of it: each visit of a host took 52 calls of the system. The
// largest packet before there is output is that of the key exchange, 1.2 kB; longer reads do not pass through this.
const READ_AHEAD: usize = 2 << 10;

/// The inputs of a login besides its target.
pub(super) struct LoginContext<'a> {
    pub(super) trust: &'a Trust,
    pub(super) credentials: &'a Credentials,
    pub(super) clock: &'a LoginClock,
    /// The address it was reached at, if known.
    pub(super) address: Option<IpAddr>,
}

/// Exchanges keys, verifies the host key, logs in.
pub(super) async fn shake_hands<S>(
    context: &LoginContext<'_>,
    target: &Arc<Target>,
    stream: S,
) -> Result<Link, ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let verifier = context
        .trust
        .of(target)
        .map_err(|message| ConnectError::new(FailureKind::HostKey, message))?;
    let disconnect = DisconnectCell::default();
    let settings = settings_for(&verifier, target);
    let handler = LinkHandler {
        verifier,
        target: Arc::clone(target),
        address: context.address,
        disconnect: disconnect.clone(),
    };
    // The library's own task has the stream: without a guard, dropping the link would leave the
    // socket open until that ends.
    let (stream, guard) = CancellableStream::new(stream);
    let stream = BufReader::with_capacity(READ_AHEAD, stream);
    let mut handle = client::connect_stream(Arc::new(settings), stream, handler)
        .await
        .map_err(|error| connect_error(target, error))?;
    // The library accepts any valid signature, SHA-1 included, so its algorithm is checked after the handshake.
    check_signature(&handle, target).map_err(|error| connect_error(target, error))?;
    authenticate(&mut handle, &disconnect, target, context.credentials, context.clock).await?;
    Ok(Link {
        handle,
        disconnect,
        session: target.session.clone(),
        _guard: guard,
        permit: None,
        jump_channel: None,
    })
}

fn settings_for(verifier: &Verifier, target: &Target) -> client::Config {
    let algorithms = &target.algorithms;
    client::Config {
        // Raw: the stream may have sent this very line in advance, and then skips as many bytes of
        // the library's.
        client_id: SshId::Raw(Cow::Borrowed(IDENTIFICATION)),
        keepalive_interval: target.keepalive,
        keepalive_max: target.keepalive_max,
        // Large enough for a burst of output, small enough for ten thousand connections.
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
        // OpenSSH's limits: many servers have no group above 2048 bits.
        gex: GexParams::new(2048, 8192, 8192).unwrap_or_default(),
        ..client::Config::default()
    }
}

/// When to rekey; the library allows at most a gibibyte in between.
fn limits(limit: RekeyLimit) -> Limits {
    let usual = Limits::default();
    let bytes = limit.bytes.and_then(|bytes| usize::try_from(bytes).ok());
    let bytes = bytes.unwrap_or(usual.rekey_write_limit).clamp(1 << 10, 1 << 30);
    Limits::new(bytes, bytes, limit.interval.unwrap_or(usual.rekey_time_limit))
}

/// Checks that the host signed with an algorithm that was offered.
fn check_signature(handle: &Handle<LinkHandler>, target: &Target) -> Result<(), LinkError> {
    let Some(binding) = handle.agent_session_binding() else {
        return Ok(());
    };
    let checked = target.algorithms.host_keys.check_signature(binding.signature());
    checked.map_err(|fault| HostKeyRefusal::weak(target, fault).into())
}
