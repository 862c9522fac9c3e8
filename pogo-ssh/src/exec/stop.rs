//! When the transport ends an attempt.

use std::time::Duration;

use pogo_core::dispatcher::Reporter;
use tokio::time::{Instant, sleep_until};

use super::exit_report::StopReason;
use crate::config::LONGEST;

/// The attempt's time limit and its cancellation.
#[derive(Debug, Clone)]
pub(crate) struct StopSignal {
    report: Reporter,
    /// When to send TERM.
    soft: Instant,
    /// When it must have ended, unless it is cancelled.
    hard: Instant,
    grace: Duration,
}

/// Time for the host to confirm that something has ended after KILL.
const CONFIRMATION: Duration = Duration::from_secs(2);

/// Time, beside the grace, in which an attempt that was cancelled is to be shown to have ended. Under 20 processes for
/// each core a host took 5 s to open the session that ends it, and was in doubt.
const PATIENCE: Duration = Duration::from_secs(10);

impl StopSignal {
    /// For an attempt that starts now. Ending it takes up to a quarter of the limit.
    pub(crate) fn new(report: Reporter, limit: Duration, grace: Duration) -> Self {
        let limit = limit.min(LONGEST);
        let hard = Instant::now() + limit;
        Self {
            report,
            // The grace is part of the time limit, so that the end is known when the limit is reached.
            soft: hard - (grace + CONFIRMATION).min(limit / 4),
            hard,
            grace,
        }
    }

    /// Waits for a reason to end the attempt.
    pub(crate) async fn wait(&self) -> StopReason {
        tokio::select! {
            biased;
            // First: where both come at once, the person who cancelled it is the better
            // explanation.
            () = self.report.cancelled() => StopReason::Cancelled,
            () = sleep_until(self.soft) => StopReason::TimeLimit,
        }
    }

    /// From now: after how long the host ends the attempt by itself, and the time between TERM and
    /// KILL.
    pub(crate) fn by_the_host(&self) -> (Duration, Duration) {
        let left = self.hard.saturating_duration_since(Instant::now());
        // Later than we would do it, so that the host ends it by itself only where nobody is
        // connected any more.
        (left + CONFIRMATION, self.grace)
    }

    /// From now: the time between TERM and KILL, and when to give up waiting for the end.
    pub(crate) fn schedule(&self, reason: StopReason) -> (Duration, Instant) {
        let now = Instant::now();
        let give_up = match reason {
            StopReason::TimeLimit => self.hard,
            StopReason::Cancelled => now + self.grace + PATIENCE,
        };
        // Half of the time is for what comes after KILL.
        let grace = self.grace.min(give_up.saturating_duration_since(now) / 2);
        (grace, give_up)
    }
}
