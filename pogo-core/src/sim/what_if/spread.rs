//! The distribution of a time over runs.

use std::time::Duration;

use serde::Serialize;

use crate::time::millis;

/// The distribution of a time over runs. Each quantile is the time of a run that happened, with the seed to see it
/// again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Spread {
    /// The least.
    pub min: Quantile,
    /// Half of the runs took no longer.
    pub p50: Quantile,
    /// Nine of ten runs took no longer.
    pub p90: Quantile,
    /// 99 of 100 runs took no longer.
    pub p99: Quantile,
    /// The most.
    pub max: Quantile,
}

/// A time, and the seed of the run that took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Quantile {
    /// Serialized in milliseconds.
    #[serde(with = "millis")]
    pub time: Duration,
    /// The run.
    pub seed: u64,
}

impl Spread {
    /// Of these runs, by nearest rank; `None` of none.
    ///
    /// ```
    /// use std::time::Duration;
    /// use pogo_core::sim::what_if::{Quantile, Spread};
    ///
    /// let runs = (1..=10).map(|seed| Quantile { time: Duration::from_secs(100 - seed), seed });
    /// let spread = Spread::of(runs).unwrap();
    /// assert_eq!((spread.min.seed, spread.p50.seed, spread.p90.seed, spread.max.seed), (10, 6, 2, 1));
    /// ```
    pub fn of(runs: impl IntoIterator<Item = Quantile>) -> Option<Self> {
        let mut runs: Vec<Quantile> = runs.into_iter().collect();
        runs.sort_unstable();
        // Nearest rank and no interpolation: each answer is a run that can be looked at.
        let rank = |percent: usize| (runs.len() * percent).div_ceil(100).max(1) - 1;
        let at = |percent: usize| runs.get(rank(percent)).copied();
        Some(Self {
            min: at(0)?,
            p50: at(50)?,
            p90: at(90)?,
            p99: at(99)?,
            max: at(100)?,
        })
    }
}
