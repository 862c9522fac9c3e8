//! Retries connecting.

use std::hash::{Hash, Hasher};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use futures::{FutureExt, select_biased};
use rustc_hash::FxHasher;

use super::super::{Attempt, Clock, ReportHook, Reporter, SystemClock, Transport};
use super::backoff::Backoff;
use super::layered::Layer;
use super::wait::cancelled_before;
use crate::scheduler::{FailureKind, Outcome, Phase};

/// Retries an attempt whose host was unreachable before anything ran there, within the attempt's time limit.
///
/// Nothing else is retried: neither a refused login, nor a connection that broke after a phase beyond
/// [`Phase::Connect`] was reported. Each attempt reports its phases once, however often it is tried.
#[derive(Clone)]
pub struct RetryConnect {
    retries: u32,
    backoff: Backoff,
    clock: Arc<dyn Clock>,
}

impl RetryConnect {
    /// Retries up to `retries` times.
    pub fn new(retries: u32) -> Self {
        Self {
            retries,
            backoff: Backoff::default(),
            clock: Arc::new(SystemClock),
        }
    }

    /// Sets the pauses between tries. Default: from 250 milliseconds to 8 seconds.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Sets the clock. Default: the [`SystemClock`].
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }
}

/// Passes on the connect phase once, and knows whether the attempt got further.
#[derive(Debug, Default)]
struct ConnectPhase {
    reported: AtomicBool,
    passed: AtomicBool,
}

impl ReportHook for ConnectPhase {
    fn phase(&self, phase: Phase) -> bool {
        if phase > Phase::Connect {
            self.passed.store(true, Ordering::Relaxed);
            return true;
        }
        !self.reported.swap(true, Ordering::Relaxed)
    }
}

#[async_trait]
impl Layer for RetryConnect {
    async fn run(&self, inner: &dyn Transport, mut attempt: Attempt, report: Reporter) -> Outcome {
        let deadline = self.clock.now() + attempt.time_limit;
        let connect = Arc::new(ConnectPhase::default());
        let report = report.with_hook(Arc::clone(&connect) as Arc<dyn ReportHook>);
        for tries in 0..self.retries {
            let outcome = inner.run(attempt.clone(), report.clone()).await;
            let unreachable = is_unreachable(&outcome) && !connect.passed.load(Ordering::Relaxed);
            let until = self.clock.now() + self.backoff.pause(tries, chance(&attempt, tries));
            // Not tried once more where no time would be left: the failure that was seen says more
            // than a timeout.
            if !unreachable || until >= deadline {
                return after(tries, outcome);
            }
            let mut cancelled = pin!(report.cancelled().fuse());
            select_biased! {
                () = cancelled => return cancelled_before(&attempt),
                () = self.clock.sleep_until(until).fuse() => attempt.time_limit = deadline - self.clock.now(),
            }
        }
        after(self.retries, inner.run(attempt, report).await)
    }
}

fn is_unreachable(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Unreachable)
}

/// Adds the number of retries to a connection failure.
fn after(tries: u32, outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Failed(mut failure) if failure.kind.is_connect() && tries > 0 => {
            failure
                .message
                .push_str(&format!(" (tried {} times)", u64::from(tries) + 1));
            Outcome::Failed(failure)
        }
        outcome => outcome,
    }
}

/// A number that differs between attempts and is the same in each run, so that no random source is needed.
fn chance(attempt: &Attempt, tries: u32) -> u64 {
    let mut hasher = FxHasher::default();
    (attempt.job, &attempt.host.name, attempt.id, tries).hash(&mut hasher);
    hasher.finish() >> 32
}
