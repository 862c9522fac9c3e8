//! How long tasks take.

use std::collections::BTreeMap;
use std::time::Duration;

use super::draw;
use crate::fleet::HostName;

/// How long an attempt takes, from its start to its end. Never less than a millisecond.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TaskTimes {
    /// All the same.
    Fixed(Duration),
    /// Anything between the two, evenly.
    Uniform {
        /// The least.
        from: Duration,
        /// The most.
        to: Duration,
    },
    /// Log-normal: heavy-tailed, as real task times are.
    LogNormal {
        /// Half of the tasks take less.
        median: Duration,
        /// The spread: the standard deviation of the logarithm. 0.8 is a heavy tail.
        sigma: f64,
    },
    /// As given for each host, and `otherwise` for all others.
    PerHost {
        /// Time of each host.
        times: BTreeMap<HostName, Duration>,
        /// Time of hosts not listed.
        otherwise: Duration,
    },
}

impl TaskTimes {
    /// How long a host takes, in a world of this seed.
    pub fn of(&self, seed: u64, host: &HostName) -> Duration {
        let time = match self {
            Self::Fixed(time) => *time,
            Self::Uniform { from, to } => {
                let spread = to.saturating_sub(*from).as_secs_f64();
                *from + seconds(spread * draw::uniform(seed, host.as_str()))
            }
            Self::LogNormal { median, sigma } => {
                seconds(median.as_secs_f64() * (sigma * draw::normal(seed, host.as_str())).exp())
            }
            Self::PerHost { times, otherwise } => times.get(host).copied().unwrap_or(*otherwise),
        };
        Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1))
    }
}

/// Seconds as a duration; zero for what is none, and a year for what is longer.
fn seconds(seconds: f64) -> Duration {
    const YEAR: f64 = 365.0 * 86_400.0;
    Duration::try_from_secs_f64(seconds.min(YEAR)).unwrap_or(Duration::ZERO)
}
