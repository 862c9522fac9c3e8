//! Connecting, within its time and with a bound on how many do so at once.

use std::sync::Arc;
use std::time::Duration;

use pogo_core::scheduler::{FailureKind, JobId, Outcome};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

use super::credentials::Credentials;
use super::dial::dial;
use super::handshake::{Link, shake_hands};
use super::idle::Idle;
use crate::config::SshConfig;
use crate::target::Target;
use crate::trust::Verifier;

/// Connects to hosts.
#[derive(Debug)]
pub(crate) struct Connector {
    pub(super) verifier: Arc<Verifier>,
    pub(super) credentials: Credentials,
    pub(super) keepalive: Option<Duration>,
    connections: Arc<Semaphore>,
    handshakes: Semaphore,
    idle: Idle,
    timeout: Duration,
}

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
    pub(crate) fn new(config: &SshConfig, room: usize, verifier: Verifier, credentials: Credentials) -> Self {
        Self {
            verifier: Arc::new(verifier),
            credentials,
            keepalive: config.keepalive,
            connections: Arc::new(Semaphore::new(room)),
            idle: Idle::new(config.keep_idle),
            handshakes: Semaphore::new(config.max_handshakes),
            timeout: config.connect_timeout,
        }
    }

    /// Remarks for whoever set this up.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.verifier.warnings()
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

    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = Arc::clone(&self.connections).try_acquire_owned() {
            return Some(place);
        }
        self.idle.give_up_one();
        Arc::clone(&self.connections).acquire_owned().await.ok()
    }

    /// Reaches the host and logs in. The wait for a place, among the connections and then among the handshakes, does not
    /// count against its time.
    pub(crate) async fn connect(&self, target: &Arc<Target>) -> Result<Link, Unconnected> {
        let unreachable = |what: String| Unconnected {
            kind: FailureKind::Unreachable,
            message: format!("cannot connect to {target}: {what}"),
        };
        let Some(place) = self.place().await else {
            return Err(unreachable("the transport is closing".to_owned()));
        };
        let deadline = Instant::now() + self.timeout;
        let stream = dial(target, deadline).await.map_err(unreachable)?;
        // A server speaks first. One that does not has no claim to a place among the handshakes.
        match timeout_at(deadline, stream.readable()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(unreachable(error.to_string())),
            Err(_) => {
                return Err(unreachable(
                    self.too_slow("it accepted the connection, then said nothing"),
                ));
            }
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok(_turn) = self.handshakes.acquire().await else {
            return Err(unreachable("the transport is closing".to_owned()));
        };
        match timeout(left, shake_hands(self, target, stream, place)).await {
            Ok(shaken) => shaken,
            Err(_) => Err(unreachable(self.too_slow("the handshake or the login did not end"))),
        }
    }

    fn too_slow(&self, what: &str) -> String {
        format!(
            "{what} within the connect timeout of {:.1} s",
            self.timeout.as_secs_f64()
        )
    }
}
