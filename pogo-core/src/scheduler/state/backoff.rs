//! Delays before retries.

use std::time::Duration;

use crate::Timestamp;
use crate::scheduler::NeverBegan;

/// A task that is not to be tried before a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Backoff {
    /// When its last attempt ended.
    pub(crate) since: Timestamp,
    pub(crate) until: Timestamp,
    /// Why its attempt never began; `None` after a failure.
    pub(crate) never_began: Option<NeverBegan>,
}

impl Backoff {
    /// The delay in proportion, after `retry_delay` was changed. It is counted from the attempt's end, as if it had
    /// been that long from the start: counted from now, each change would make a host wait anew.
    pub(super) fn rescale(&mut self, before: Duration, after: Duration) {
        // How long a busy host is left alone is no setting.
        if self.never_began.is_some() {
            return;
        }
        let (waits, before) = ((self.until - self.since).as_millis(), before.as_millis());
        if waits == 0 || before == 0 {
            return;
        }
        let millis = waits.saturating_mul(after.as_millis()) / before;
        let delay = Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX));
        self.until = self.since + delay;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_rescaled_from_its_beginning_with_its_jitter() {
        let seconds = Duration::from_secs;
        let at = Timestamp::from_millis;
        let mut backoff = Backoff {
            since: at(10_000),
            until: at(22_000),
            never_began: None,
        };
        backoff.rescale(seconds(10), seconds(60));
        assert_eq!(backoff.until, at(82_000), "10 s and 2 s of jitter");
        backoff.rescale(seconds(60), Duration::ZERO);
        assert_eq!(backoff.until, at(10_000));
        backoff.rescale(Duration::ZERO, seconds(60));
        assert_eq!(backoff.until, at(10_000), "its delay has ended");
        backoff.until = Timestamp::NEVER;
        backoff.rescale(Duration::from_millis(1), Duration::MAX);
        assert_eq!(backoff.until, Timestamp::NEVER);
        (backoff.until, backoff.never_began) = (at(22_000), Some(NeverBegan::Busy));
        backoff.rescale(seconds(10), seconds(60));
        assert_eq!(backoff.until, at(22_000), "no retry of a failure");
    }
}
