//! The time limit of a login.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// A clock that is paused while a person answers a question or touches a token.
#[derive(Debug, Default)]
pub(super) struct LoginClock(Mutex<Pauses>);

#[derive(Debug, Default)]
struct Pauses {
    /// Sum of all pauses.
    total: Duration,
    /// Start of the current pause.
    since: Option<Instant>,
}

/// Resumes the clock when dropped.
pub(super) struct Pause<'a>(&'a LoginClock);

impl LoginClock {
    /// Pauses the clock; pauses are never nested.
    pub(super) fn pause(&self) -> Pause<'_> {
        self.with(|pauses| pauses.since = Some(Instant::now()));
        Pause(self)
    }

    /// Sum of all pauses so far.
    pub(super) fn paused(&self) -> Duration {
        self.with(|pauses| pauses.total + pauses.since.map_or(Duration::ZERO, |since| since.elapsed()))
    }

    /// Runs the future; `None` once the limit is reached.
    pub(super) async fn within<T>(&self, limit: Duration, future: impl Future<Output = T>) -> Option<T> {
        tokio::pin!(future);
        let (start, before) = (Instant::now(), self.paused());
        let mut deadline = start + limit;
        loop {
            tokio::select! {
                // A login that ends in the same moment as its time has ended in time.
                biased;
                done = &mut future => return Some(done),
                () = sleep_until(deadline) => {}
            }
            // A pause that has come since moves the limit, which is seen only when it is reached.
            let later = start + limit + self.paused().saturating_sub(before);
            if later <= deadline {
                return None;
            }
            deadline = later;
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Pauses) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        self.0.with(|pauses| {
            if let Some(since) = pauses.since.take() {
                pauses.total += since.elapsed();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn time_in_which_somebody_is_asked_does_not_count() {
        let clock = LoginClock::default();
        let limit = Duration::from_secs(10);
        let work = async {
            tokio::time::sleep(Duration::from_secs(4)).await;
            let pause = clock.pause();
            tokio::time::sleep(Duration::from_secs(300)).await;
            drop(pause);
            tokio::time::sleep(Duration::from_secs(5)).await;
        };
        assert_eq!(clock.within(limit, work).await, Some(()));
        assert_eq!(clock.paused(), Duration::from_secs(300));
    }

    #[tokio::test(start_paused = true)]
    async fn all_other_time_counts() {
        let clock = LoginClock::default();
        let start = Instant::now();
        let work = async {
            let pause = clock.pause();
            tokio::time::sleep(Duration::from_secs(7)).await;
            drop(pause);
            std::future::pending::<()>().await;
        };
        assert_eq!(clock.within(Duration::from_secs(10), work).await, None);
        assert_eq!(start.elapsed(), Duration::from_secs(17));
    }
}
