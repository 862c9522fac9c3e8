//! Connecting, within its time and with bounds on how many do so at once and how fast.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::scheduler::{FailureKind, JobId, Outcome};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::clock::LoginClock;
use super::credentials::Credentials;
use super::dial::dial;
use super::greeting::{self, Place};
use super::handshake::{IDENTIFICATION, Link, shake_hands};
use super::idle::Idle;
use super::jump::{JumpHost, Jumps};
use super::pace::Pace;
use super::preface::Prefaced;
use super::retry::pause_after;
use crate::config::SshConfig;
use crate::target::Target;
use crate::trust::Trust;

/// One try to meet a host.
#[derive(Clone, Copy)]
pub(super) struct Meeting<'a> {
    deadline: Instant,
    pub(super) clock: &'a LoginClock,
    /// Where it was found, if that is known.
    pub(super) address: Option<IpAddr>,
}

/// Connects to hosts.
#[derive(Debug)]
pub(crate) struct Connector {
    pub(super) trust: Trust,
    pub(super) credentials: Credentials,
    connections: Arc<Semaphore>,
    handshakes: Semaphore,
    pace: Pace,
    jumps: Jumps,
    idle: Idle,
}

/// Every host waits at least this long for a login (OpenSSH: `LoginGraceTime`, two minutes by default).
const HOSTS_WAIT: Duration = Duration::from_secs(10);

/// Who says nothing for so long may wait for our first line, as some servers do, and those of other protocols.
const SPEAKS_WITHIN: Duration = Duration::from_secs(2);

/// Why there is no connection. Nothing has run on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unconnected {
    pub(crate) kind: FailureKind,
    pub(crate) message: String,
}

impl From<Unconnected> for Outcome {
    fn from(unconnected: Unconnected) -> Self {
        Self::failed(unconnected.kind, unconnected.message)
    }
}

impl Connector {
    /// With room for this many connections at once.
    pub(crate) fn new(config: &SshConfig, room: usize, trust: Trust, credentials: Credentials) -> Self {
        Self {
            trust,
            credentials,
            connections: Arc::new(Semaphore::new(room)),
            handshakes: Semaphore::new(config.max_handshakes),
            pace: Pace::new(config.connect.handshake_rate),
            jumps: Jumps::new(&config.connect),
            idle: Idle::new(config.keep_idle),
        }
    }

    /// Remarks for whoever set this up.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.trust.warnings()
    }

    /// The connection that was kept for the job's next attempt at this host, if there is one.
    pub(crate) fn kept(&self, job: JobId, target: &Arc<Target>) -> Option<Link> {
        self.idle.take(job, target)
    }

    /// Keeps a connection for the job's next attempt, or closes it.
    pub(crate) async fn keep(&self, job: JobId, target: &Arc<Target>, link: Link) {
        if let Some(link) = self.idle.keep(job, target, link) {
            link.close().await;
        }
    }

    /// Reaches the host and logs in. The wait for a place, among the connections and then among the handshakes, does not
    /// count against its time.
    pub(crate) async fn connect(&self, target: &Arc<Target>) -> Result<Link, Unconnected> {
        let place = match Arc::clone(&self.connections).try_acquire_owned() {
            Ok(place) => Some(place),
            Err(_) => {
                self.idle.give_up_one(|_| true);
                Arc::clone(&self.connections).acquire_owned().await.ok()
            }
        };
        let mut link = self.reach(target).await?;
        link.place = place;
        Ok(link)
    }

    /// The same, as often as the host may be tried. A host on the way has no place of its own among the connections:
    /// those behind it wait for it with theirs taken.
    pub(super) async fn reach(&self, target: &Arc<Target>) -> Result<Link, Unconnected> {
        let (mut tries, mut waited_in_vain) = (0, false);
        let clock = LoginClock::default();
        loop {
            let before = clock.paused();
            match self.reach_once(target, &clock).await {
                // Somebody was asked for longer than the host would wait. A passphrase is known from now on.
                Err(unconnected)
                    if unconnected.kind == FailureKind::Unreachable
                        && !waited_in_vain
                        && clock.paused().saturating_sub(before) > HOSTS_WAIT =>
                {
                    waited_in_vain = true;
                }
                Err(unconnected) if unconnected.kind == FailureKind::Unreachable && tries < target.retries => {
                    sleep(pause_after(tries)).await;
                    tries += 1;
                }
                Err(mut unconnected) if tries > 0 => {
                    unconnected.message = format!("{} (tried {} times)", unconnected.message, tries + 1);
                    return Err(unconnected);
                }
                done => return done,
            }
        }
    }

    async fn reach_once(&self, target: &Arc<Target>, clock: &LoginClock) -> Result<Link, Unconnected> {
        let Some(via) = &target.via else {
            self.pace.turn().await;
            let deadline = Instant::now() + target.connect_timeout;
            let stream = dial(target, deadline).await.map_err(|what| unreachable(target, what))?;
            let address = stream.peer_addr().ok().map(|address| address.ip());
            let meeting = Meeting {
                deadline,
                clock,
                address,
            };
            return self.meet(target, stream, None, meeting).await;
        };
        let jump = self.jumps.host(via);
        let line = jump.line(self).await.map_err(|failure| Unconnected {
            message: format!("cannot connect to {target} through {via}: {}", failure.message),
            ..failure
        })?;
        let channel = self.channel(&jump).await.ok_or_else(|| closing(target))?;
        jump.pace.turn().await;
        self.pace.turn().await;
        let deadline = Instant::now() + target.connect_timeout;
        let (channel, behind) = jump.open(line, channel, target, deadline).await?;
        // Where the jump host found it is not known here.
        let meeting = Meeting {
            deadline,
            clock,
            address: None,
        };
        let mut link = self.meet(target, channel.into_stream(), Some(&jump), meeting).await?;
        link.behind = Some(behind);
        Ok(link)
    }

    /// A place among those behind a jump host.
    async fn channel(&self, jump: &JumpHost) -> Option<OwnedSemaphorePermit> {
        if let Ok(channel) = Arc::clone(&jump.channels).try_acquire_owned() {
            return Some(channel);
        }
        self.idle
            .give_up_one(|target| target.via.as_ref() == Some(&jump.target));
        Arc::clone(&jump.channels).acquire_owned().await.ok()
    }

    /// Waits for the host's first words, then for a turn, then logs in.
    async fn meet<S>(
        &self,
        target: &Arc<Target>,
        stream: S,
        jump: Option<&JumpHost>,
        meeting: Meeting<'_>,
    ) -> Result<Link, Unconnected>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Meeting { deadline, clock, .. } = meeting;
        let mut stream = Prefaced::new(stream);
        let place = Place { port: target.port };
        // A server speaks first. One that does not has no claim to a place among the handshakes.
        let greeted = async {
            match timeout(SPEAKS_WITHIN.min(target.connect_timeout / 2), stream.readable()).await {
                Ok(spoken) => spoken,
                Err(_) => {
                    // One that closes at once may still have said why.
                    let _ = stream.greet(IDENTIFICATION).await;
                    stream.readable().await
                }
            }
        };
        match timeout_at(deadline, greeted).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return Err(unreachable(target, CLOSED.to_owned()));
            }
            Ok(Err(error)) => return Err(unreachable(target, error.to_string())),
            Err(_) => {
                let silent = "it accepted the connection, then said nothing";
                return Err(too_slow(target, silent));
            }
        }
        let first = stream.first_words();
        if let Some(foreign) = greeting::foreign(&first.get(), &place) {
            return Err(unreachable(target, foreign));
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let _turn = tokio::select! {
            biased;
            turn = self.turn(jump) => turn.ok_or_else(|| closing(target))?,
            error = stream.keep_reading() => {
                let what = greeting::unfinished(&first.get(), &place).unwrap_or_else(|| error.to_string());
                return Err(unreachable(target, what));
            }
        };
        let shaken = clock.within(left, shake_hands(self, target, stream, meeting)).await;
        let shaken = shaken.unwrap_or_else(|| Err(too_slow(target, "the handshake or the login did not end")));
        shaken.map_err(|unconnected| match greeting::unfinished(&first.get(), &place) {
            Some(what) => unreachable(target, what),
            None => unconnected,
        })
    }

    /// A place among the handshakes: those behind the jump host, and all.
    async fn turn<'a>(
        &'a self,
        jump: Option<&'a JumpHost>,
    ) -> Option<(Option<SemaphorePermit<'a>>, SemaphorePermit<'a>)> {
        let behind = match jump {
            Some(jump) => Some(jump.handshakes.acquire().await.ok()?),
            None => None,
        };
        Some((behind, self.handshakes.acquire().await.ok()?))
    }
}

/// What is said of a host that hangs up at once.
const CLOSED: &str = "it accepted the connection, then closed it";

fn unreachable(target: &Target, what: String) -> Unconnected {
    Unconnected {
        kind: FailureKind::Unreachable,
        message: format!("cannot connect to {target}: {what}"),
    }
}

fn closing(target: &Target) -> Unconnected {
    unreachable(target, "the transport is closing".to_owned())
}

fn too_slow(target: &Target, what: &str) -> Unconnected {
    unreachable(
        target,
        format!(
            "{what} within the connect timeout of {:.1} s",
            target.connect_timeout.as_secs_f64()
        ),
    )
}
