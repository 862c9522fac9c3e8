//! How long tasks take.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{PastTimes, draw};
use crate::fleet::HostName;

/// How long an attempt takes, from its start to its end. What is drawn or given is never less than a millisecond.
///
/// Prints as the command line writes it: `lognormal(30s,0.8)`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TaskTimes {
    /// All attempts take the same time.
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
    /// As in the log of a past job, attempt by attempt; hosts that are not in it take its median.
    Logged(Arc<PastTimes>),
}

impl TaskTimes {
    /// How long the first attempt of a host takes, in a world of this seed.
    pub fn of(&self, seed: u64, host: &HostName) -> Duration {
        self.of_attempt(seed, host, 1)
    }

    /// How long an attempt of a host takes, in a world of this seed; the first is 1. Only times from logs differ
    /// between attempts of a host.
    ///
    /// ```
    /// use std::time::Duration;
    /// use pogo_core::sim::TaskTimes;
    ///
    /// let times = TaskTimes::Uniform { from: Duration::from_secs(10), to: Duration::from_secs(60) };
    /// let web1 = "web1".parse()?;
    /// assert_eq!(times.of_attempt(7, &web1, 1), times.of_attempt(7, &web1, 2));
    /// assert_eq!(times.to_string(), "uniform(10s,60s)");
    /// # Ok::<(), pogo_core::fleet::NameError>(())
    /// ```
    pub fn of_attempt(&self, seed: u64, host: &HostName, attempt: u32) -> Duration {
        let time = match self {
            Self::Fixed(time) => *time,
            Self::Uniform { from, to } => {
                // Given the wrong way round, all take the first of both.
                let spread = to.saturating_sub(*from).as_secs_f64();
                *from + seconds(spread * draw::uniform(seed, host.as_str()))
            }
            Self::LogNormal { median, sigma } => {
                seconds(median.as_secs_f64() * (sigma * draw::normal(seed, host.as_str())).exp())
            }
            Self::PerHost { times, otherwise } => times.get(host).copied().unwrap_or(*otherwise),
            // A link refused at once takes no time, and takes none again.
            Self::Logged(past) => return past.of_attempt(host, attempt).unwrap_or_else(|| past.median()),
        };
        // Whole milliseconds, as records have: what is shorter would be no time at all, and ends
        // would fall on starts.
        Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1))
    }
}

impl fmt::Display for TaskTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = |span: &Duration| match (span.as_millis(), span.subsec_millis()) {
            (_, 0) => format!("{}s", span.as_secs()),
            (millis, _) => format!("{millis}ms"),
        };
        match self {
            Self::Fixed(time) => write!(f, "fixed({})", span(time)),
            Self::Uniform { from, to } => write!(f, "uniform({},{})", span(from), span(to)),
            Self::LogNormal { median, sigma } => write!(f, "lognormal({},{sigma})", span(median)),
            Self::PerHost { times, .. } => write!(f, "given for {} hosts", times.len()),
            Self::Logged(past) => write!(f, "from a log of {} hosts", past.hosts()),
        }
    }
}

/// Seconds as a duration; zero for what is none, and a year for what is longer.
fn seconds(seconds: f64) -> Duration {
    const YEAR: f64 = 365.0 * 86_400.0;
    Duration::try_from_secs_f64(seconds.min(YEAR)).unwrap_or(Duration::ZERO)
}
