//! Connects to hosts, within a time limit and with limits on concurrency and rate.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::scheduler::{FailureKind, JobId};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep};

use super::await_greeting::await_greeting;
use super::backoff::pause_after;
use super::clock::LoginClock;
use super::connection::Link;
use super::credentials::Credentials;
use super::dial::dial;
use super::error::ConnectError;
use super::greeting;
use super::handshake::{LoginContext, shake_hands};
use super::idle_connections::IdleConnections;
use super::jump::{JumpHost, JumpHosts};
use super::peeked_stream::PeekedStream;
use super::rate_limiter::RateLimiter;
use crate::config::SshTransportBuilder;
use crate::target::Target;
use crate::trust::Trust;

/// One attempt to connect to a host.
#[derive(Clone, Copy)]
struct ConnectAttempt<'a> {
    deadline: Instant,
    clock: &'a LoginClock,
    /// The address it was reached at, if known.
    address: Option<IpAddr>,
}

/// Connects to hosts.
#[derive(Debug)]
pub(crate) struct Connector {
    trust: Trust,
    credentials: Credentials,
    connections: Arc<Semaphore>,
    handshakes: Semaphore,
    rate: RateLimiter,
    jumps: JumpHosts,
    idle: IdleConnections,
}

/// Servers wait at least this long for a login (OpenSSH: `LoginGraceTime`, two minutes by default).
const HOSTS_WAIT: Duration = Duration::from_secs(10);

impl Connector {
    /// Creates a connector with room for this many open connections.
    pub(crate) fn new(config: &SshTransportBuilder, room: usize, trust: Trust, credentials: Credentials) -> Self {
        Self {
            trust,
            credentials,
            connections: Arc::new(Semaphore::new(room)),
            handshakes: Semaphore::new(config.max_handshakes),
            rate: RateLimiter::new(config.connect.handshake_rate),
            jumps: JumpHosts::new(&config.connect),
            idle: IdleConnections::new(config.keep_idle),
        }
    }

    /// Warnings about the configuration.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.trust.warnings()
    }

    /// Takes the connection that was kept for the job's next attempt on this host, if there is one.
    pub(crate) fn kept(&self, job: JobId, target: &Arc<Target>) -> Option<Link> {
        self.idle.take(job, target)
    }

    /// Keeps a connection for the job's next attempt, or closes it.
    pub(crate) async fn keep(&self, job: JobId, target: &Arc<Target>, link: Link) {
        if let Some(link) = self.idle.keep(job, target, link) {
            link.close().await;
        }
    }

    /// Connects and logs in. Waiting for a connection slot, and then for a handshake slot, does not
    /// count towards the time limit.
    pub(crate) async fn connect(&self, target: &Arc<Target>) -> Result<Link, ConnectError> {
        // Before the handshake slot: an attempt that held one of those and waited here could wait for attempts that
        // hold a connection slot and wait for a handshake slot.
        let permit = match Arc::clone(&self.connections).try_acquire_owned() {
            Ok(permit) => Some(permit),
            Err(_) => {
                // A connection that may be used again is worth less than an attempt that waits now.
                self.idle.give_up_one(|_| true);
                Arc::clone(&self.connections).acquire_owned().await.ok()
            }
        };
        // The slot is kept for as long as the connection is open, and not given back after the login: it bounds open
        // connections, of which a process has only so many file descriptors.
        let mut link = self.connect_with_retries(target).await?;
        link.permit = permit;
        Ok(link)
    }

    /// Connects, retrying as often as the host's settings allow. A jump host takes no connection slot of its own:
    /// the hosts behind it wait for it while they hold theirs.
    pub(super) async fn connect_with_retries(&self, target: &Arc<Target>) -> Result<Link, ConnectError> {
        // A loop of our own and not backon's: a try that was spent on asking somebody must not count, and of that crate
        // only the sequence of pauses would remain.
        let (mut tries, mut waited_in_vain) = (0, false);
        let clock = LoginClock::default();
        loop {
            let before = clock.paused();
            match self.connect_once(target, &clock).await {
                // The question took longer than the host's login grace time. The passphrase is known from now on.
                Err(error)
                    if error.kind == FailureKind::Unreachable
                        && !waited_in_vain
                        && clock.paused().saturating_sub(before) > HOSTS_WAIT =>
                {
                    waited_in_vain = true;
                }
                Err(error) if error.kind == FailureKind::Unreachable && tries < target.retries => {
                    // Without a handshake slot, which other hosts use meanwhile.
                    sleep(pause_after(tries)).await;
                    tries += 1;
                }
                Err(mut error) if tries > 0 => {
                    error.message = format!("{} (tried {} times)", error.message, tries + 1);
                    return Err(error);
                }
                done => return done,
            }
        }
    }

    async fn connect_once(&self, target: &Arc<Target>, clock: &LoginClock) -> Result<Link, ConnectError> {
        let Some(via) = &target.via else {
            self.rate.wait().await;
            let deadline = Instant::now() + target.connect_timeout;
            let stream = dial(target, deadline)
                .await
                .map_err(|what| ConnectError::unreachable(target, what))?;
            let address = stream.peer_addr().ok().map(|address| address.ip());
            let attempt = ConnectAttempt {
                deadline,
                clock,
                address,
            };
            return self.log_in(target, stream, None, attempt).await;
        };
        let jump = self.jumps.host(via);
        // A jump host may be behind another one.
        let link = Box::pin(jump.link(self.connect_with_retries(via)))
            .await
            .map_err(|failure| ConnectError {
                message: format!("cannot connect to {target} through {via}: {}", failure.message),
                ..failure
            })?;
        let channel = self.channel(&jump).await.ok_or_else(|| ConnectError::closing(target))?;
        // The jump host's limiter first: a turn of the global limiter that is taken before this wait
        // would no longer spread connections.
        jump.rate.wait().await;
        self.rate.wait().await;
        let deadline = Instant::now() + target.connect_timeout;
        let (channel, jump_channel) = jump.open(link, channel, target, deadline).await?;
        // The address that the jump host resolves is not known here.
        let attempt = ConnectAttempt {
            deadline,
            clock,
            address: None,
        };
        let mut link = self.log_in(target, channel.into_stream(), Some(&jump), attempt).await?;
        link.jump_channel = Some(jump_channel);
        Ok(link)
    }

    /// Waits for a slot among the channels through a jump host.
    async fn channel(&self, jump: &JumpHost) -> Option<OwnedSemaphorePermit> {
        if let Ok(channel) = Arc::clone(&jump.channels).try_acquire_owned() {
            return Some(channel);
        }
        self.idle
            .give_up_one(|target| target.via.as_ref() == Some(&jump.target));
        Arc::clone(&jump.channels).acquire_owned().await.ok()
    }

    /// Waits for the host's identification line, then for a handshake slot, then logs in.
    async fn log_in<S>(
        &self,
        target: &Arc<Target>,
        stream: S,
        jump: Option<&JumpHost>,
        attempt: ConnectAttempt<'_>,
    ) -> Result<Link, ConnectError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let ConnectAttempt {
            deadline,
            clock,
            address,
        } = attempt;
        let mut stream = PeekedStream::new(stream);
        await_greeting(&mut stream, target, deadline).await?;
        let first = stream.first_bytes();
        // What is left before the wait for a slot: that wait is ours, and the host's own time must
        // not pay for it.
        let left = deadline.saturating_duration_since(Instant::now());
        let _turn = tokio::select! {
            biased;
            turn = self.handshake_permit(jump) => turn.ok_or_else(|| ConnectError::closing(target))?,
            error = stream.keep_reading() => {
                let what = greeting::unfinished(&first.get(), target.port).unwrap_or_else(|| error.to_string());
                return Err(ConnectError::unreachable(target, what));
            }
        };
        let context = LoginContext {
            trust: &self.trust,
            credentials: &self.credentials,
            clock,
            address,
        };
        let shaken = clock.within(left, shake_hands(&context, target, stream)).await;
        let shaken =
            shaken.unwrap_or_else(|| Err(ConnectError::too_slow(target, "the handshake or the login did not end")));
        // If it was not SSH that answered, that explains the failure better than the library's error.
        shaken.map_err(|error| match greeting::unfinished(&first.get(), target.port) {
            Some(what) => ConnectError::unreachable(target, what),
            None => error,
        })
    }

    /// Waits for a handshake slot: of the jump host, and of all.
    async fn handshake_permit<'a>(
        &'a self,
        jump: Option<&'a JumpHost>,
    ) -> Option<(Option<SemaphorePermit<'a>>, SemaphorePermit<'a>)> {
        // The narrower limit first: the other way round, hosts behind one slow jump host would hold every slot.
        let behind = match jump {
            Some(jump) => Some(jump.handshakes.acquire().await.ok()?),
            None => None,
        };
        Some((behind, self.handshakes.acquire().await.ok()?))
    }
}
