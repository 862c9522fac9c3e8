//! Hosts on the way to others: one connection to each, shared by all that is behind it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use pogo_core::scheduler::FailureKind;
use russh::client::Msg;
use russh::{Channel, ChannelOpenFailure};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::connect::{Connector, Unconnected};
use super::handshake::Link;
use super::pace::Pace;
use crate::config::ConnectOptions;
use crate::target::Target;

/// All jump hosts, as they are met.
#[derive(Debug)]
pub(super) struct Jumps {
    options: ConnectOptions,
    hosts: Mutex<HashMap<Arc<Target>, Arc<JumpHost>>>,
}

/// One jump host, with the bounds on what goes through it.
#[derive(Debug)]
pub(super) struct JumpHost {
    pub(super) target: Arc<Target>,
    pub(super) channels: Arc<Semaphore>,
    pub(super) handshakes: Semaphore,
    pub(super) pace: Pace,
    line: tokio::sync::Mutex<Line>,
}

/// The connection to a jump host.
#[derive(Debug, Default)]
struct Line {
    link: Option<Arc<Link>>,
    /// The last try that failed, and when.
    failed: Option<(Instant, Unconnected)>,
}

/// A connection's place behind its jump host; its end gives the place back.
#[derive(Debug)]
pub(super) struct Behind {
    /// Kept open.
    _line: Arc<Link>,
    _channel: OwnedSemaphorePermit,
}

impl Jumps {
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
                pace: Pace::new(self.options.jump_handshake_rate),
                line: tokio::sync::Mutex::default(),
            })
        });
        Arc::clone(host)
    }
}

impl JumpHost {
    /// The connection to it; made by the first who asks, while the others wait for it. They fail together.
    pub(super) async fn line(&self, connector: &Connector) -> Result<Arc<Link>, Unconnected> {
        let asked = Instant::now();
        let mut line = self.line.lock().await;
        if let Some(link) = &line.link
            && !link.handle.is_closed()
        {
            return Ok(Arc::clone(link));
        }
        if let Some((when, failure)) = &line.failed
            && *when >= asked
        {
            return Err(failure.clone());
        }
        // The way to a jump host may lead through another.
        match Box::pin(connector.reach(&self.target)).await {
            Ok(link) => {
                let link = Arc::new(link);
                line.link = Some(Arc::clone(&link));
                Ok(link)
            }
            Err(failure) => {
                line.failed = Some((Instant::now(), failure.clone()));
                Err(failure)
            }
        }
    }

    /// Opens a way from it to a host.
    pub(super) async fn open(
        &self,
        line: Arc<Link>,
        place: OwnedSemaphorePermit,
        target: &Target,
        deadline: Instant,
    ) -> Result<(Channel<Msg>, Behind), Unconnected> {
        let port = u32::from(target.port);
        let opening = line
            .handle
            .channel_open_direct_tcpip(target.address.as_str(), port, "127.0.0.1", 0);
        let what = match timeout_at(deadline, opening).await {
            Ok(Ok(channel)) => {
                let behind = Behind {
                    _line: line,
                    _channel: place,
                };
                return Ok((channel, behind));
            }
            Ok(Err(russh::Error::ChannelOpenFailure(reason))) => refusal(reason).to_owned(),
            Ok(Err(error)) => {
                let goodbye = line.last_words.get();
                goodbye.map_or_else(|| error.to_string(), |goodbye| goodbye.to_string())
            }
            Err(_) => "no answer within the connect timeout".to_owned(),
        };
        Err(Unconnected {
            kind: FailureKind::Unreachable,
            message: format!("cannot connect to {target} through {}: {what}", self.target),
        })
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
