//! A limit on attempts per second.

use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;

use super::super::{Attempt, Clock, Reporter, SystemClock, Transport};
use super::layered::Layer;
use super::pacer::Pacer;
use super::wait::before_attempt;
use crate::scheduler::Outcome;

/// Spreads the beginnings of attempts evenly with a [`Pacer`]. Clones share one limit.
#[derive(Clone)]
pub struct RateLimit {
    pacer: Arc<Pacer>,
    clock: Arc<dyn Clock>,
}

impl RateLimit {
    /// At most `attempts` begin in a second.
    pub fn per_second(attempts: NonZeroU32) -> Self {
        Self {
            pacer: Arc::new(Pacer::per_second(attempts)),
            clock: Arc::new(SystemClock),
        }
    }

    /// Sets the clock. Default: the [`SystemClock`].
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }
}

#[async_trait]
impl Layer for RateLimit {
    async fn run(&self, inner: &dyn Transport, mut attempt: Attempt, report: Reporter) -> Outcome {
        let clock = self.clock.as_ref();
        // A turn that is cancelled is lost and not passed on: giving it back would reorder those
        // that are waiting.
        let turn = clock.sleep_until(self.pacer.turn(clock.now()));
        match before_attempt(clock, (&mut attempt, &report), turn).await {
            Ok(()) => inner.run(attempt, report).await,
            Err(outcome) => outcome,
        }
    }
}
