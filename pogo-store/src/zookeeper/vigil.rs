//! How long a connection to the ensemble has been unbroken.

use std::time::{Duration, Instant};

use futures::FutureExt;
use zookeeper_client::{Client, SessionState, StateWatcher};

use super::session::is_over;

/// Whoever finds that an owner has no session waits until its own connection was unbroken for as long as that session
/// may have been silent.
///
/// Where the ensemble was away, all sessions may have ended. An owner that lives registers again as soon as the
/// ensemble is back, which is when whoever waits for its place comes back too: nobody is dead because the store was
/// away.
#[derive(Debug)]
pub(super) struct Vigil {
    states: StateWatcher,
    since: Instant,
}

impl Vigil {
    /// Of a session that has begun just now.
    pub(super) fn new(client: &Client, now: Instant) -> Self {
        Self {
            states: client.state_watcher(),
            since: now,
        }
    }

    /// The connection broke, or may have.
    pub(super) fn broken(&mut self, now: Instant) {
        self.since = now;
    }

    /// How long it still has to hold until it has for so long.
    pub(super) fn rest(&mut self, timeout: Duration, now: Instant) -> Duration {
        while self.states.changed().now_or_never().is_some() {
            self.broken(now);
            if self.is_over() {
                break;
            }
        }
        if self.states.peek_state() != SessionState::SyncConnected {
            self.broken(now);
        }
        timeout.saturating_sub(now.duration_since(self.since))
    }

    /// Waits until it breaks, or is there again.
    pub(super) async fn changed(&mut self) {
        self.states.changed().await;
        self.broken(Instant::now());
    }

    /// Whether the session has ended.
    pub(super) fn is_over(&self) -> bool {
        is_over(self.states.peek_state())
    }
}
