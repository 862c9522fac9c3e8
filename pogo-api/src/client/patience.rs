//! How long to go on trying.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Waits between tries, longer each time, until its time is over.
#[derive(Debug)]
pub(super) struct Patience {
    limit: Duration,
    since: Option<Instant>,
    next: Duration,
}

impl Patience {
    const FIRST: Duration = Duration::from_millis(20);
    const LONGEST: Duration = Duration::from_secs(2);

    pub(super) const fn new(limit: Duration) -> Self {
        Self {
            limit,
            since: None,
            next: Self::FIRST,
        }
    }

    /// Waits before the next try; false once the time since the first failure is over.
    pub(super) async fn wait(&mut self) -> bool {
        let since = *self.since.get_or_insert_with(Instant::now);
        let left = self.limit.saturating_sub(since.elapsed());
        if left.is_zero() {
            return false;
        }
        sleep(self.next.min(left)).await;
        self.next = (self.next * 2).min(Self::LONGEST);
        true
    }

    /// Somebody is there, who may still end every try soon.
    pub(super) fn is_alive(&mut self) {
        self.since = None;
    }

    /// A try succeeded.
    pub(super) fn succeeded(&mut self) {
        *self = Self::new(self.limit);
    }
}
