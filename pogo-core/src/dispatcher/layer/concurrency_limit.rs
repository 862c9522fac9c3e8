//! A limit on concurrent attempts.

use std::num::NonZeroUsize;
use std::sync::Arc;

use async_trait::async_trait;

use super::super::{Attempt, Clock, Reporter, SystemClock, Transport};
use super::layered::Layer;
use super::slots::Slots;
use super::wait::before_attempt;
use crate::scheduler::Outcome;

/// Runs at most this many attempts at once; others wait in order. Clones share one limit, so that it
/// can hold for several transports.
#[derive(Clone)]
pub struct ConcurrencyLimit {
    slots: Arc<Slots>,
    clock: Arc<dyn Clock>,
}

impl ConcurrencyLimit {
    /// At most `attempts` at once.
    pub fn new(attempts: NonZeroUsize) -> Self {
        Self {
            slots: Slots::new(attempts),
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
impl Layer for ConcurrencyLimit {
    async fn run(&self, inner: &dyn Transport, mut attempt: Attempt, report: Reporter) -> Outcome {
        let clock = self.clock.as_ref();
        match before_attempt(clock, (&mut attempt, &report), self.slots.acquire()).await {
            // Named, not `_`: the slot has to live until the attempt has ended.
            Ok(_slot) => inner.run(attempt, report).await,
            Err(outcome) => outcome,
        }
    }
}
