//! The source that wins when two disagree.

use std::collections::BTreeMap;
use std::str::FromStr;

/// What becomes of a setting for which sources give different values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnConflict {
    /// It is an error, which shows both places.
    #[default]
    Error,
    /// The source that was named first counts.
    FirstWins,
    /// The source that was named last counts.
    LastWins,
}

/// A rule for each setting, and one for all others.
///
/// Read from texts such as `first`, or `address=last` for one setting:
///
/// ```
/// use pogo_inventory::merge::{MergeRules, OnConflict};
///
/// let rules = MergeRules::default().and("first")?.and("address=error")?;
/// assert_eq!(rules.of("port"), OnConflict::FirstWins);
/// assert_eq!(rules.of("address"), OnConflict::Error);
/// # Ok::<(), pogo_inventory::merge::RuleError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergeRules {
    otherwise: OnConflict,
    settings: BTreeMap<String, OnConflict>,
}

/// Text that is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no rule; write `error`, `first` or `last`, or one of them for a setting: `address=last`")]
#[non_exhaustive]
pub struct RuleError {
    /// The text as given.
    pub text: String,
}

impl MergeRules {
    /// Sets the rule for settings that have none of their own.
    pub fn otherwise(mut self, rule: OnConflict) -> Self {
        self.otherwise = rule;
        self
    }

    /// Sets the rule for one setting: `address`, `port`, `user`, or a further setting by its name.
    pub fn setting(mut self, setting: impl Into<String>, rule: OnConflict) -> Self {
        self.settings.insert(setting.into(), rule);
        self
    }

    /// Adds the rule of this text.
    ///
    /// # Errors
    /// The text is no rule.
    pub fn and(self, text: &str) -> Result<Self, RuleError> {
        let wrong = |_| RuleError { text: text.to_owned() };
        match text.split_once('=') {
            Some(("", _)) => Err(wrong(())),
            Some((setting, rule)) => Ok(self.setting(setting, rule.parse().map_err(wrong)?)),
            None => Ok(self.otherwise(text.parse().map_err(wrong)?)),
        }
    }

    /// The rule for a setting.
    pub fn of(&self, setting: &str) -> OnConflict {
        self.settings.get(setting).copied().unwrap_or(self.otherwise)
    }
}

impl FromStr for OnConflict {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "error" => Ok(Self::Error),
            "first" => Ok(Self::FirstWins),
            "last" => Ok(Self::LastWins),
            _ => Err(()),
        }
    }
}
