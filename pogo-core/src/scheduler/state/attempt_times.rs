//! When the last attempt of a task began and ended, in the eight bytes that a task has left.

use crate::Timestamp;

/// Milliseconds from the submission of its job to the beginning of an attempt, and from there to its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct AttemptTimes(u64);

impl AttemptTimes {
    /// Nothing is known: no attempt has ended.
    pub(crate) const UNKNOWN: Self = Self(0);

    // An attempt of three days in a job of two years: what goes beyond is unknown rather than wrong.
    const LASTED_BITS: u32 = 28;
    const BEGAN_BITS: u32 = u64::BITS - Self::LASTED_BITS;

    /// Of an attempt that began so long after its job was submitted, and lasted so long.
    pub(crate) fn new(began: u64, lasted: u64) -> Self {
        match began.checked_add(1) {
            Some(began) if began >> Self::BEGAN_BITS == 0 && lasted >> Self::LASTED_BITS == 0 => {
                Self(began << Self::LASTED_BITS | lasted)
            }
            _ => Self::UNKNOWN,
        }
    }

    pub(crate) fn between(submitted: Timestamp, began: Timestamp, ended: Timestamp) -> Self {
        let millis = |from: Timestamp, to: Timestamp| to.as_millis().saturating_sub(from.as_millis());
        Self::new(millis(submitted, began), millis(began, ended))
    }

    /// How long after the submission it began, and how long it lasted.
    pub(crate) fn offsets(self) -> Option<(u64, u64)> {
        let began = (self.0 >> Self::LASTED_BITS).checked_sub(1)?;
        Some((began, self.0 & ((1 << Self::LASTED_BITS) - 1)))
    }

    /// When it began, and when it ended.
    pub(crate) fn since(self, submitted: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let (began, lasted) = self.offsets()?;
        let began = submitted.as_millis().saturating_add(began);
        let ended = began.saturating_add(lasted);
        Some((Timestamp::from_millis(began), Timestamp::from_millis(ended)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn kept(began: Duration, lasted: Duration) -> Option<(Duration, Duration)> {
        let submitted = Timestamp::from_millis(1_795_874_520_000);
        let times = AttemptTimes::between(submitted, submitted + began, submitted + began + lasted);
        let (from, to) = times.since(submitted)?;
        Some((from - submitted, to - from))
    }

    proptest! {
        #[test]
        fn the_times_of_an_attempt_are_kept_to_the_millisecond(
            began in 0_u64..2 * 365 * 86_400_000,
            lasted in 0_u64..3 * 86_400_000,
        ) {
            let (began, lasted) = (Duration::from_millis(began), Duration::from_millis(lasted));
            prop_assert_eq!(kept(began, lasted), Some((began, lasted)));
        }
    }

    #[test]
    fn times_that_do_not_fit_are_unknown() {
        assert_eq!(AttemptTimes::UNKNOWN.offsets(), None);
        assert_eq!(kept(3 * 365 * DAY, DAY), None);
        assert_eq!(kept(DAY, 4 * DAY), None);
        assert_eq!(AttemptTimes::new(u64::MAX, 0), AttemptTimes::UNKNOWN);
    }
}
