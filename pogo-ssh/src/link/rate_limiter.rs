//! A limit on how many connections begin per second.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Lets connections begin evenly spread, without bursts: idle time is not saved up.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    interval: Option<Duration>,
    /// When the next may begin.
    next: Mutex<Option<Instant>>,
}

impl RateLimiter {
    /// This many per second, or no limit.
    pub(crate) fn new(per_second: Option<u32>) -> Self {
        Self {
            interval: per_second.map(|rate| Duration::from_secs(1) / rate.max(1)),
            next: Mutex::default(),
        }
    }

    /// Waits for the turn. Turns are given in the order of asking; one that is not waited for to its end is lost.
    pub(crate) async fn wait(&self) {
        let Some(interval) = self.interval else {
            return;
        };
        let at = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let at = next.map_or(now, |next| next.max(now));
            *next = Some(at + interval);
            at
        };
        sleep_until(at).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn turns_come_evenly_spread_and_none_are_saved_up() {
        let limiter = RateLimiter::new(Some(10));
        let start = Instant::now();
        for _ in 0..5 {
            limiter.wait().await;
        }
        assert_eq!(start.elapsed(), Duration::from_millis(400));
        tokio::time::sleep(Duration::from_secs(60)).await;
        let start = Instant::now();
        for _ in 0..5 {
            limiter.wait().await;
        }
        assert_eq!(start.elapsed(), Duration::from_millis(400));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_bound_nobody_waits() {
        let limiter = RateLimiter::new(None);
        let start = Instant::now();
        for _ in 0..1000 {
            limiter.wait().await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
