//! How long attempts take, and how long what they report may wait for others.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// Knows how many attempts are under way and how long they take. The loop notes it; commits and the writer of output go
/// by it.
///
/// A commit costs the same whether it has the report of one attempt or of twenty, and so does a call of the store of
/// outputs. How many reports come within a moment depends on how many attempts are under way and on how long each
/// takes, and so does what a moment costs: an attempt waits twice, so a share of its time is that share of the rollout.
#[derive(Debug, Default)]
pub(super) struct AttemptPace {
    delay: ReportDelay,
    running: AtomicUsize,
    /// In microseconds, of the last attempts more than of the first; zero while none has ended.
    typical: AtomicU64,
}

/// How long reports wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReportDelay {
    /// As it was set; zero where there is no journal.
    Fixed(Duration),
    /// A share of what attempts take.
    ByAttempts,
}

impl Default for ReportDelay {
    fn default() -> Self {
        Self::Fixed(Duration::ZERO)
    }
}

impl AttemptPace {
    /// The fewest attempts under way of which one waits: of fewer, hardly another will report meanwhile.
    const SIBLINGS: usize = 5;
    /// Which part of its time an attempt waits at most each time.
    const SHARE: u64 = 20;
    /// Weighs each attempt as an eighth of what is known.
    const WEIGHT: u64 = 8;
    /// How many times longer a phase waits that an attempt has entered: nothing is done about it, but that it is shown.
    const PHASES: u32 = 10;
    /// Beside a login it is nothing, however soon the command ends.
    pub(super) const LEAST: Duration = Duration::from_millis(2);
    /// Who watches does not see it.
    pub(super) const MOST: Duration = Duration::from_millis(20);

    pub(super) fn new(delay: ReportDelay) -> Self {
        Self {
            delay,
            ..Self::default()
        }
    }

    /// Another attempt is under way.
    pub(super) fn begin(&self) {
        self.running.fetch_add(1, Ordering::Relaxed);
    }

    /// One of them has ended after so long.
    pub(super) fn end(&self, took: Duration) {
        self.running.fetch_sub(1, Ordering::Relaxed);
        let took = u64::try_from(took.as_micros())
            .unwrap_or(u64::MAX / Self::WEIGHT)
            .max(1);
        // The loop alone writes it.
        let typical = match self.typical.load(Ordering::Relaxed) {
            0 => took,
            known => known - known / Self::WEIGHT + took / Self::WEIGHT,
        };
        self.typical.store(typical, Ordering::Relaxed);
    }

    /// How long so many reports may wait for others, which so many attempts may still give; zero where they are not to
    /// wait.
    fn delay(&self, come: usize, running: usize) -> Duration {
        // Where all have reported, none is left to wait for.
        match running >= Self::SIBLINGS && come < running {
            true => self.delay_by_time(),
            false => Duration::ZERO,
        }
    }

    /// How long the commit of so many reports may wait.
    pub(super) fn commit_delay(&self, reports: usize) -> Duration {
        self.delay(reports, self.running.load(Ordering::Relaxed))
    }

    /// How long so many attempts may wait for the end of others before their output is kept.
    pub(super) fn output_delay(&self, ends: usize) -> Duration {
        // They count as running until it is.
        self.delay(ends, self.running.load(Ordering::Relaxed).saturating_sub(ends))
    }

    fn delay_by_time(&self) -> Duration {
        match self.delay {
            ReportDelay::Fixed(delay) => delay,
            ReportDelay::ByAttempts => {
                let typical = self.typical.load(Ordering::Relaxed);
                Duration::from_micros(typical / Self::SHARE).clamp(Self::LEAST, Self::MOST)
            }
        }
    }

    /// How long a phase may wait for what comes next.
    pub(super) fn phase_delay(&self) -> Duration {
        let delay = match self.delay {
            ReportDelay::Fixed(delay) => delay,
            ReportDelay::ByAttempts => Self::LEAST,
        };
        delay * Self::PHASES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(running: usize, delay: ReportDelay) -> AttemptPace {
        let pace = AttemptPace::new(delay);
        (0..running).for_each(|_| pace.begin());
        pace
    }

    #[test]
    fn an_attempt_waits_for_a_share_of_what_attempts_take() {
        let millis = Duration::from_millis;
        for (took, waits) in [(0, 2), (20, 2), (100, 5), (150, 7), (60_000, 20)] {
            let pace = pace(20, ReportDelay::ByAttempts);
            assert_eq!(pace.commit_delay(1), AttemptPace::LEAST, "nothing is known yet");
            pace.end(millis(took));
            let delay = pace.commit_delay(1).as_millis();
            assert_eq!(delay, waits, "of {took} ms");
        }
    }

    #[test]
    fn what_the_last_attempts_took_counts_more() {
        let pace = pace(100, ReportDelay::ByAttempts);
        pace.end(Duration::from_secs(60));
        (0..90).for_each(|_| pace.end(Duration::from_millis(100)));
        assert_eq!(pace.commit_delay(1).as_millis(), 5);
    }

    #[test]
    fn none_waits_that_has_nobody_to_wait_for() {
        let fixed = ReportDelay::Fixed(Duration::from_secs(1));
        assert_eq!(pace(4, fixed).commit_delay(1), Duration::ZERO);
        assert_eq!(pace(5, fixed).commit_delay(4), Duration::from_secs(1));
        assert_eq!(pace(5, fixed).commit_delay(5), Duration::ZERO);
        assert_eq!(pace(5, fixed).output_delay(1), Duration::ZERO);
        assert_eq!(pace(9, fixed).output_delay(4), Duration::from_secs(1));
        assert_eq!(pace(9, fixed).output_delay(5), Duration::ZERO);
    }
}
