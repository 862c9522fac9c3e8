//! How far two clocks are apart.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// How far the clock of a dispatcher is from that of its journal's store: at least so much, since an answer takes its
/// time on the way. In milliseconds, and more than 0 where the dispatcher's is ahead.
///
/// Nothing is freed and nobody is replaced by a clock; but records have times, and time limits go by them. So nobody
/// takes over a journal [too far](Self::is_too_large) from its clock unless by force.
///
/// ```
/// use pogo_core::Timestamp;
/// use pogo_core::journal::ClockSkew;
///
/// let at = Timestamp::from_millis;
/// let skew = ClockSkew::between((at(100_000), at(100_200)), at(85_000));
/// assert_eq!(skew.to_string(), "15.0 s ahead of the clock of the journal's store");
/// assert!(skew.is_too_large());
/// // The store may have answered at any moment in between.
/// assert_eq!(ClockSkew::between((at(100_000), at(100_200)), at(100_150)), ClockSkew::default());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct ClockSkew(pub i64);

impl ClockSkew {
    /// The most with which anybody takes over without force.
    pub const MOST: Duration = Duration::from_secs(10);

    /// The skew of a clock by which the store was asked and had answered at these times, when its own clock said so.
    pub fn between((asked, answered): (Timestamp, Timestamp), store: Timestamp) -> Self {
        let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        // The least skew that explains the answer: whatever the store said between question and
        // answer may be right.
        if store < asked {
            Self(millis(asked - store))
        } else if store > answered {
            Self(-millis(store - answered))
        } else {
            Self::default()
        }
    }

    /// How far apart the clocks are.
    pub fn distance(self) -> Duration {
        Duration::from_millis(self.0.unsigned_abs())
    }

    /// Whether it is more than [`MOST`](Self::MOST).
    pub fn is_too_large(self) -> bool {
        self.distance() > Self::MOST
    }
}

impl fmt::Display for ClockSkew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = if self.0 < 0 { "behind" } else { "ahead of" };
        let seconds = self.distance().as_secs_f64();
        write!(f, "{seconds:.1} s {side} the clock of the journal's store")
    }
}
