//! The retry policy for an unreachable journal.

use std::time::Duration;

/// The retry policy for an unreachable journal: for commits, while what runs goes on and nothing starts, and for
/// [acquiring and reading](super::DispatcherBuilder::build) it. Default: for ever, first after 100 ms, then after twice
/// as long each time, up to 5 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct JournalRetry {
    /// The first delay.
    pub first_delay: Duration,
    /// The longest delay.
    pub max_delay: Duration,
    /// After how long without an answer the journal counts as away; the call goes on. Default: 10 s.
    pub answer_within: Duration,
    /// After how long the dispatcher gives up and drops what runs; `None` for never.
    pub give_up_after: Option<Duration>,
}

impl JournalRetry {
    /// Retries for ever.
    pub const fn forever() -> Self {
        Self {
            first_delay: Duration::from_millis(100),
            max_delay: Duration::from_secs(5),
            answer_within: Duration::from_secs(10),
            give_up_after: None,
        }
    }

    /// Gives up after this time, which ends the dispatcher: for programs that would rather end than wait.
    pub const fn give_up_after(mut self, limit: Duration) -> Self {
        self.give_up_after = Some(limit);
        self
    }

    /// Counts the journal as away after this time without an answer.
    pub const fn answer_within(mut self, limit: Duration) -> Self {
        self.answer_within = limit;
        self
    }

    /// Sets the first and the longest delay.
    pub const fn delays(mut self, first: Duration, longest: Duration) -> Self {
        (self.first_delay, self.max_delay) = (first, longest);
        self
    }
}

impl Default for JournalRetry {
    fn default() -> Self {
        Self::forever()
    }
}
