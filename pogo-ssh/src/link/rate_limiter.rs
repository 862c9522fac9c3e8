//! A limit on how many connections begin per second.

use std::num::NonZeroU32;
use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::dispatcher::layer::Pacer;
use tokio::time::{Instant, sleep_until};

/// Lets connections begin evenly spread, without bursts: idle time is not saved up.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    pacer: Option<Pacer>,
    began: Instant,
}

impl RateLimiter {
    /// This many per second, or no limit.
    pub(crate) fn new(per_second: Option<u32>) -> Self {
        Self {
            pacer: per_second.map(|rate| Pacer::per_second(NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN))),
            began: Instant::now(),
        }
    }

    /// Waits for the turn. Turns are given in the order of asking; one that is not waited for to its end is lost.
    pub(crate) async fn wait(&self) {
        if let Some(pacer) = &self.pacer {
            let turn = pacer.turn(Timestamp::EPOCH + self.began.elapsed());
            sleep_until(self.began + Duration::from_millis(turn.as_millis())).await;
        }
    }
}
