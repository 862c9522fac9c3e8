//! Jump hosts: one connection to each, shared by all hosts behind it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use pogo_core::scheduler::FailureKind;
use russh::client::Msg;
use russh::{Channel, ChannelOpenFailure};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::connection::{JumpChannel, Link};
use super::error::ConnectError;
use super::rate_limiter::RateLimiter;
use crate::config::ConnectOptions;
use crate::target::Target;

/// All jump hosts, created at first use.
#[derive(Debug)]
pub(super) struct JumpHosts {
    options: ConnectOptions,
    hosts: Mutex<HashMap<Arc<Target>, Arc<JumpHost>>>,
}

/// One jump host, with limits for the connections through it.
#[derive(Debug)]
pub(super) struct JumpHost {
    pub(super) target: Arc<Target>,
    pub(super) channels: Arc<Semaphore>,
    pub(super) handshakes: Semaphore,
    pub(super) rate: RateLimiter,
    shared: tokio::sync::Mutex<SharedLink>,
}

/// The connection to a jump host, or its last failure.
#[derive(Debug, Default)]
struct SharedLink {
    link: Option<Arc<Link>>,
    /// The last failure, and when it happened.
    failed: Option<(Instant, ConnectError)>,
}

impl JumpHosts {
    pub(super) fn new(options: &ConnectOptions) -> Self {
        Self {
            options: options.clone(),
            hosts: Mutex::default(),
        }
    }

    /// The jump host for this target.
    pub(super) fn host(&self, target: &Arc<Target>) -> Arc<JumpHost> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let host = hosts.entry(Arc::clone(target)).or_insert_with(|| {
            Arc::new(JumpHost {
                target: Arc::clone(target),
                channels: Arc::new(Semaphore::new(self.options.jump_channels)),
                handshakes: Semaphore::new(self.options.jump_handshakes),
                rate: RateLimiter::new(self.options.jump_handshake_rate),
                shared: tokio::sync::Mutex::default(),
            })
        });
        Arc::clone(host)
    }
}

impl JumpHost {
    /// The connection to it, opened by the first caller while the others wait. They fail together.
    pub(super) async fn link(
        &self,
        connect: impl Future<Output = Result<Link, ConnectError>>,
    ) -> Result<Arc<Link>, ConnectError> {
        let began = Instant::now();
        // Locked while connecting, or ten thousand hosts behind it would log in to it at once.
        let mut shared = self.shared.lock().await;
        if let Some(link) = &shared.link
            && !link.handle.is_closed()
        {
            return Ok(Arc::clone(link));
        }
        // Only a failure after this call counts: an older one is outdated.
        if let Some((when, failure)) = &shared.failed
            && *when >= began
        {
            return Err(failure.clone());
        }
        match connect.await {
            Ok(link) => {
                let link = Arc::new(link);
                shared.link = Some(Arc::clone(&link));
                Ok(link)
            }
            Err(failure) => {
                shared.failed = Some((Instant::now(), failure.clone()));
                Err(failure)
            }
        }
    }

    /// Opens a channel from it to a host.
    pub(super) async fn open(
        &self,
        link: Arc<Link>,
        permit: OwnedSemaphorePermit,
        target: &Target,
        deadline: Instant,
    ) -> Result<(Channel<Msg>, JumpChannel), ConnectError> {
        let port = u32::from(target.port);
        // An origin that is made up, as `ssh -J` does: some servers refuse a request without one.
        let opening = link
            .handle
            .channel_open_direct_tcpip(target.address.as_str(), port, "127.0.0.1", 0);
        let what = match timeout_at(deadline, opening).await {
            Ok(Ok(channel)) => {
                let jump_channel = JumpChannel {
                    _link: link,
                    _permit: permit,
                };
                return Ok((channel, jump_channel));
            }
            Ok(Err(russh::Error::ChannelOpenFailure(reason))) => refusal(reason).to_owned(),
            Ok(Err(error)) => link.disconnect_reason_or(&error.to_string()),
            Err(_) => "no answer within the connect timeout".to_owned(),
        };
        Err(ConnectError::new(
            FailureKind::Unreachable,
            format!("cannot connect to {target} through {}: {what}", self.target),
        ))
    }
}

fn refusal(reason: ChannelOpenFailure) -> &'static str {
    match reason {
        ChannelOpenFailure::AdministrativelyProhibited => {
            "the jump host lets nobody through (AllowTcpForwarding, PermitOpen)"
        }
        ChannelOpenFailure::ConnectFailed => "the jump host cannot reach it",
        ChannelOpenFailure::ResourceShortage => "the jump host has no room for more",
        ChannelOpenFailure::UnknownChannelType => "it knows no connections to other hosts",
        _ => "the jump host refused",
    }
}
