//! When to end an attempt from our side.

use std::time::Duration;

use pogo_core::dispatcher::Reporter;
use tokio::time::{Instant, sleep_until};

use super::exit_report::StopReason;
use crate::config::LONGEST;

/// The attempt's time limit and its cancellation.
#[derive(Debug, Clone)]
pub(crate) struct StopSignal {
    report: Reporter,
    /// When to begin ending it.
    soft: Instant,
    /// When it must be over, unless it is cancelled.
    hard: Instant,
    grace: Duration,
}

/// Time for the host to confirm that something has ended after KILL.
const CONFIRMATION: Duration = Duration::from_secs(2);

impl StopSignal {
    /// An attempt that starts now. Ending it takes time as well, at most a quarter of the limit.
    pub(crate) fn new(report: Reporter, limit: Duration, grace: Duration) -> Self {
        let limit = limit.min(LONGEST);
        let hard = Instant::now() + limit;
        Self {
            report,
            // Ending comes out of the time limit, so that the attempt is known to be over when its time is.
            soft: hard - (grace + CONFIRMATION).min(limit / 4),
            hard,
            grace,
        }
    }

    /// Waits until the attempt is to be ended.
    pub(crate) async fn wait(&self) -> StopReason {
        tokio::select! {
            biased;
            () = self.report.cancelled() => StopReason::Cancelled,
            () = sleep_until(self.soft) => StopReason::TimeLimit,
        }
    }

    /// From now: after how long a host ends by itself what nobody here has ended in time, and the time between TERM and
    /// KILL.
    pub(crate) fn by_the_host(&self) -> (Duration, Duration) {
        let left = self.hard.saturating_duration_since(Instant::now());
        (left + CONFIRMATION, self.grace)
    }

    /// From now: the time between TERM and KILL, and when to give up waiting for the end.
    pub(crate) fn schedule(&self, reason: StopReason) -> (Duration, Instant) {
        let now = Instant::now();
        let give_up = match reason {
            StopReason::TimeLimit => self.hard,
            StopReason::Cancelled => now + self.grace + 2 * CONFIRMATION,
        };
        // Half of the time is for what comes after KILL.
        let grace = self.grace.min(give_up.saturating_duration_since(now) / 2);
        (grace, give_up)
    }
}
