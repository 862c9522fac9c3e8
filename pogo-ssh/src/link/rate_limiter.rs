//! A limit on new connections per second.

use std::num::NonZeroU32;
use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::dispatcher::layer::Pacer;
use tokio::time::{Instant, sleep_until};

/// Spreads new connections evenly, without bursts: idle time is not credited.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    pacer: Option<Pacer>,
    began: Instant,
}

impl RateLimiter {
    /// Allows this many per second, or any number.
    pub(crate) fn new(per_second: Option<u32>) -> Self {
        Self {
            pacer: per_second.map(|rate| Pacer::per_second(NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN))),
            began: Instant::now(),
        }
    }

    /// Waits for a turn, in the order of the calls. Dropping the future gives up the turn.
    pub(crate) async fn wait(&self) {
        if let Some(pacer) = &self.pacer {
            // By what has elapsed and not by the time of day: a clock that is set would stop or
            // flood the hosts.
            let turn = pacer.turn(Timestamp::EPOCH + self.began.elapsed());
            sleep_until(self.began + Duration::from_millis(turn.as_millis())).await;
        }
    }
}
