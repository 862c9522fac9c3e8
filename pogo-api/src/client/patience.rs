//! How long to go on trying.

use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::connection::SendError;
use super::starter::Starter;

/// Waits between tries, longer each time, until its time is over.
#[derive(Debug)]
pub(super) struct Patience {
    limit: Duration,
    since: Option<Instant>,
    next: Duration,
    /// Who starts what is waited for, where somebody does.
    starter: Option<Starter>,
    /// How often it was started.
    starts: u32,
}

impl Patience {
    const FIRST: Duration = Duration::from_millis(20);
    const LONGEST: Duration = Duration::from_secs(2);

    pub(super) const fn new(limit: Duration) -> Self {
        Self {
            limit,
            since: None,
            next: Self::FIRST,
            starter: None,
            starts: 0,
        }
    }

    /// Has a server started that does not come back in its time, and waits again then.
    pub(super) fn or_start(mut self, starter: Option<Starter>) -> Self {
        self.starter = starter;
        self
    }

    /// Waits before the next try; false once the time since the first failure is over.
    pub(super) async fn wait(&mut self) -> bool {
        let since = *self.since.get_or_insert_with(Instant::now);
        let left = self.limit.saturating_sub(since.elapsed());
        if left.is_zero() {
            return false;
        }
        // Not beyond the limit: the last try comes when the time is over, and not up to two seconds
        // later.
        sleep(self.next.min(left)).await;
        self.next = (self.next * 2).min(Self::LONGEST);
        true
    }

    /// Waits for a server before the next try: for one that was there, as long as its time is; then, or where there was
    /// none, for one that is started. The error, if neither comes.
    pub(super) async fn wait_for_server(&mut self, error: SendError, was_there: bool) -> Result<(), SendError> {
        if matches!(error, SendError::Invalid(_)) {
            return Err(error);
        }
        // A full backlog (`EAGAIN` of a Unix socket) means that a server is there, so it is waited
        // for and none is started.
        if (was_there || error.is_crowded()) && self.wait().await {
            return Ok(());
        }
        let starter = self.starter.as_ref().filter(|_| self.starts < Starter::TIMES);
        // A socket that refuses this account has a server; another one could not be started in its
        // place.
        let Some(starter) = starter.filter(|_| !error.is_refused()) else {
            return Err(error);
        };
        let started = starter.start().await;
        started.map_err(|message| SendError::Connect(io::Error::other(message)))?;
        self.starts += 1;
        (self.since, self.next) = (None, Self::FIRST);
        Ok(())
    }

    /// Somebody is there, who may still end every try soon.
    pub(super) fn is_alive(&mut self) {
        self.since = None;
    }

    /// A try succeeded.
    pub(super) fn succeeded(&mut self) {
        (self.since, self.next, self.starts) = (None, Self::FIRST, 0);
    }
}
