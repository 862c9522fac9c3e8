//! Time as a value, because the core never reads a clock, and durations as people read them.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment: milliseconds since the Unix epoch.
///
/// The core has no clock of its own; whoever drives it says what time it is.
///
/// ```
/// use pogo_core::Timestamp;
/// use std::time::Duration;
///
/// let start = Timestamp::from_millis(1_000);
/// assert_eq!(start + Duration::from_secs(2), Timestamp::from_millis(3_000));
/// assert_eq!((start + Duration::from_secs(2)) - start, Duration::from_secs(2));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The Unix epoch.
    pub const EPOCH: Self = Self(0);
    /// A moment that never comes.
    pub const NEVER: Self = Self(u64::MAX);

    /// The moment `millis` milliseconds after the Unix epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Day and minute for a person, in UTC: `2026-11-28 14:02 UTC`.
    ///
    /// ```
    /// use pogo_core::Timestamp;
    ///
    /// assert_eq!(Timestamp::from_millis(1_795_874_520_000).utc(), "2026-11-28 14:02 UTC");
    /// ```
    pub fn utc(self) -> String {
        let ((year, month, day), minutes) = (date(self.0 / DAY), self.0 % DAY / 60_000);
        let (hour, minute) = (minutes / 60, minutes % 60);
        format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
    }

    /// Minute for a person who reads it at the moment `now`, in UTC: `14:02`, or `2026-11-27 14:02` of another day.
    ///
    /// ```
    /// use pogo_core::Timestamp;
    /// use std::time::Duration;
    ///
    /// let now = Timestamp::from_millis(1_795_874_520_000);
    /// assert_eq!(now.utc_near(now), "14:02");
    /// assert_eq!(now.utc_near(now + Duration::from_secs(86_400)), "2026-11-28 14:02");
    /// ```
    pub fn utc_near(self, now: Self) -> String {
        let whole = self.utc();
        let whole = whole.trim_end_matches(" UTC");
        let minute = whole.split_once(' ').map(|(_, minute)| minute);
        match minute.filter(|_| self.0 / DAY == now.0 / DAY) {
            Some(minute) => minute.to_owned(),
            None => whole.to_owned(),
        }
    }
}

const DAY: u64 = 86_400_000;

/// The day so many days after the epoch: year, month, day.
fn date(days: u64) -> (u64, u64, u64) {
    // Eras of 400 years all have as many days. Years begin in March, so that the leap day is their last.
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    /// Saturates at [`Timestamp::NEVER`].
    fn add(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)),
        )
    }
}

impl Sub for Timestamp {
    type Output = Duration;

    /// The time from `earlier` to `self`; zero if `earlier` is the later one.
    fn sub(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

/// Displays a duration in its two largest units, as a person writes a setting: `1h`, `1h 30m`, `90ms`.
///
/// ```
/// use pogo_core::time::HumanDuration;
/// use std::time::Duration;
///
/// assert_eq!(HumanDuration(Duration::from_secs(5_400)).to_string(), "1h 30m");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HumanDuration(pub Duration);

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u128, &str); 5] = [
            (86_400_000, "d"),
            (3_600_000, "h"),
            (60_000, "m"),
            (1_000, "s"),
            (1, "ms"),
        ];
        let span = self.0.as_millis();
        let mut units = UNITS.iter().skip_while(|(unit, _)| span < *unit);
        let Some((unit, name)) = units.next() else {
            return f.write_str("0s");
        };
        write!(f, "{}{name}", span / unit)?;
        let left = span % unit;
        match units.next() {
            Some((unit, name)) if left >= *unit => write!(f, " {}{name}", left / unit),
            _ => Ok(()),
        }
    }
}

/// Durations in stored formats are whole milliseconds.
pub(crate) mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }

    /// Milliseconds of a duration that may be absent.
    pub(crate) mod option {
        use super::{Deserialize, Deserializer, Duration, Serializer};

        pub(crate) fn serialize<S: Serializer>(span: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
            match span {
                Some(span) => super::serialize(span, serializer),
                None => serializer.serialize_none(),
            }
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
            Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_millis))
        }
    }
}

/// A measured duration with about three digits: `85ms`, `1.25s`, `42.0s`, `4m 05s`, `2h 00m`, `3d 04h`.
///
/// ```
/// use pogo_core::time::format_duration;
/// use std::time::Duration;
///
/// assert_eq!(format_duration(Duration::from_millis(1_250)), "1.25s");
/// ```
pub fn format_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{}ms", duration.as_millis()),
        1..10 => format!("{:.2}s", duration.as_secs_f64()),
        10..60 => format!("{:.1}s", duration.as_secs_f64()),
        60..3_600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h {:02}m", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{}d {:02}h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_its_two_largest_units() {
        let text = |millis| HumanDuration(Duration::from_millis(millis)).to_string();
        assert_eq!(
            [0, 90, 1_500, 60_000, 5_400_000, 3_600_500, 90_000_000].map(text),
            ["0s", "90ms", "1s 500ms", "1m", "1h 30m", "1h", "1d 1h"]
        );
    }

    #[test]
    fn spans_are_short() {
        let spans = [85, 1_250, 42_000, 245_000, 7_200_000, 273_600_000].map(Duration::from_millis);
        assert_eq!(
            spans.map(format_duration),
            ["85ms", "1.25s", "42.0s", "4m 05s", "2h 00m", "3d 04h"]
        );
    }
}
