//! Numbers in a policy: a count, or a share of a group.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A number of hosts, or a share of a group: `5`, `25%`.
///
/// ```
/// use pogo_core::policy::Limit;
///
/// let limit: Limit = "25%".parse()?;
/// assert_eq!(limit.slots(10), 2); // rounded down ...
/// assert_eq!(limit.slots(3), 1); // ... but at least 1
/// assert_eq!("0%".parse::<Limit>()?.slots(10), 0); // unless the group is frozen
/// assert_eq!("7".parse::<Limit>()?.slots(10), 7);
/// # Ok::<(), pogo_core::policy::LimitError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "StoredLimit", into = "String")]
pub enum Limit {
    /// That many hosts, whatever the group's size.
    Count(u32),
    /// A share of the group's hosts in the fleet, in hundredths of a percent.
    Percent(Percent),
}

impl Limit {
    /// How many hosts of a group of `n` the limit lets be unavailable (or whatever else it bounds).
    /// A share is rounded down but is at least 1; zero freezes the group.
    pub fn slots(self, n: u32) -> u32 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) if percent.is_zero() => 0,
            // At least one: a quarter of three hosts would be none, and freeze them.
            Self::Percent(percent) => percent.floor(n).max(1),
        }
    }

    /// For a floor on how many must stay: of a group of `n` hosts, how many may be unavailable.
    pub fn spare(self, n: u32) -> u32 {
        match self {
            Self::Count(count) => n.saturating_sub(count),
            // Rounded up where it protects: of three hosts 50 % keep two.
            Self::Percent(percent) => n - percent.ceil(n).min(n),
        }
    }

    /// For a budget of failures: of a group of `n` hosts, how many may fail before the next one stops it.
    /// A share is rounded down, and may be 0.
    pub fn tolerated(self, n: u32) -> u32 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => percent.floor(n),
        }
    }

    /// Whether it is 0 or 0 %.
    pub fn is_zero(&self) -> bool {
        match self {
            Self::Count(count) => *count == 0,
            Self::Percent(percent) => percent.is_zero(),
        }
    }

    /// Whether this is a share of the group.
    pub fn is_percent(self) -> bool {
        matches!(self, Self::Percent(_))
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self::Count(0)
    }
}

/// A share from 0 % to 100 %, to a hundredth of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent {
    hundredths: u16,
}

impl Percent {
    /// 100 %.
    pub const WHOLE: Self = Self { hundredths: 10_000 };

    /// A share in hundredths of a percent: `2550` is 25.5 %. `None` above 100 %.
    pub const fn from_hundredths(hundredths: u16) -> Option<Self> {
        if hundredths <= 10_000 {
            Some(Self { hundredths })
        } else {
            None
        }
    }

    /// The share in hundredths of a percent.
    pub const fn hundredths(self) -> u16 {
        self.hundredths
    }

    /// Whether it is 0 %.
    pub const fn is_zero(self) -> bool {
        self.hundredths == 0
    }

    fn floor(self, n: u32) -> u32 {
        // At most n, so it fits.
        u32::try_from(u64::from(n) * u64::from(self.hundredths) / 10_000).unwrap_or(n)
    }

    fn ceil(self, n: u32) -> u32 {
        u32::try_from((u64::from(n) * u64::from(self.hundredths)).div_ceil(10_000)).unwrap_or(n)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.hundredths / 100, self.hundredths % 100);
        match (part, part % 10) {
            (0, _) => write!(f, "{whole}%"),
            (_, 0) => write!(f, "{whole}.{}%", part / 10),
            _ => write!(f, "{whole}.{part:02}%"),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}"),
        }
    }
}

/// Text that is not a [`Limit`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitError {
    /// Neither a whole number nor a percentage.
    #[error("`{text}` is not a limit; write a whole number of hosts (5) or a percentage (25%)")]
    Syntax {
        /// The text as given.
        text: String,
    },
    /// A share of more than everything.
    #[error("`{text}` is more than 100%; a group has no more hosts than all of them")]
    TooLarge {
        /// The text as given.
        text: String,
    },
}

impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        let syntax = || LimitError::Syntax { text: text.to_owned() };
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let Some(share) = text.trim().strip_suffix('%') else {
            let count = text.trim();
            return if digits(count) {
                count.parse().map(Self::Count).map_err(|_| syntax())
            } else {
                Err(syntax())
            };
        };
        let (whole, part) = share.trim_end().split_once('.').unwrap_or((share.trim_end(), "0"));
        if !digits(whole) || !digits(part) || part.len() > 2 {
            return Err(syntax());
        }
        let too_large = || LimitError::TooLarge { text: text.to_owned() };
        // Digits alone are left here: what does not fit is too large, and nothing else.
        let whole: u16 = whole.parse().map_err(|_| too_large())?;
        let tens = if part.len() == 1 { 10 } else { 1 };
        let part = part.parse::<u16>().map_err(|_| syntax())? * tens;
        let hundredths = whole
            .checked_mul(100)
            .and_then(|whole| whole.checked_add(part))
            .ok_or_else(too_large)?;
        Percent::from_hundredths(hundredths)
            .map(Self::Percent)
            .ok_or_else(too_large)
    }
}

/// A limit in a stored format: text, or a count as a number.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged, expecting = "a number of hosts, or a share of them such as \"25%\"")]
enum StoredLimit {
    Count(u32),
    Text(String),
}

#[cfg(feature = "openapi")]
crate::openapi::schema_as!(Limit as StoredLimit, "Limit");

impl TryFrom<StoredLimit> for Limit {
    type Error = LimitError;

    fn try_from(stored: StoredLimit) -> Result<Self, LimitError> {
        match stored {
            StoredLimit::Count(count) => Ok(Self::Count(count)),
            StoredLimit::Text(text) => text.parse(),
        }
    }
}

impl From<Limit> for String {
    fn from(limit: Limit) -> Self {
        limit.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_down_but_at_least_one() {
        let limit: Limit = "25%".parse().unwrap();
        assert_eq!([0, 1, 3, 4, 7, 8, 101].map(|n| limit.slots(n)), [1, 1, 1, 1, 1, 2, 25]);
    }

    #[test]
    fn zero_freezes() {
        for text in ["0", "0%", "0.00%"] {
            assert_eq!(text.parse::<Limit>().unwrap().slots(1000), 0, "{text}");
        }
    }

    #[test]
    fn a_floor_on_the_available_is_rounded_against_the_rollout() {
        let limit: Limit = "75%".parse().unwrap();
        assert_eq!([1, 3, 4, 10, 100].map(|n| limit.spare(n)), [0, 0, 1, 2, 25]);
        assert_eq!(Limit::Count(3).spare(2), 0);
    }

    #[test]
    fn a_share_of_the_largest_group_does_not_overflow() {
        let all: Limit = "100%".parse().unwrap();
        assert_eq!(all.slots(u32::MAX), u32::MAX);
        assert_eq!(all.spare(u32::MAX), 0);
    }

    #[test]
    fn what_is_printed_is_read_back() {
        for text in ["0", "5", "4294967295", "0%", "25%", "2.5%", "0.01%", "99.99%", "100%"] {
            assert_eq!(text.parse::<Limit>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "%",
            "-1",
            "+1",
            "1.5",
            "five",
            "25 percent",
            "1.234%",
            "1.%",
            ".5%",
            "4294967296",
            "1e3",
        ] {
            assert!(
                matches!(text.parse::<Limit>(), Err(LimitError::Syntax { .. })),
                "{text}"
            );
        }
        for text in ["101%", "100.01%", "999999999%"] {
            assert!(
                matches!(text.parse::<Limit>(), Err(LimitError::TooLarge { .. })),
                "{text}"
            );
        }
    }
}
