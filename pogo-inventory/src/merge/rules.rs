//! Rules for conflicting sources.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The rule for a setting for which sources give different values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnConflict {
    /// An error that shows both positions.
    #[default]
    Error,
    /// The first source wins.
    FirstWins,
    /// The last source wins.
    LastWins,
}

impl fmt::Display for OnConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::FirstWins => "first",
            Self::LastWins => "last",
        })
    }
}

/// Rules for single settings, and one for all others.
///
/// Parsed from texts such as `first`, or `address=last` for one setting:
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

/// A text that is not a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no rule; write `error`, `first` or `last`, or one of them for a setting: `address=last`")]
#[non_exhaustive]
pub struct RuleError {
    /// The text.
    pub text: String,
}

impl MergeRules {
    /// Sets the rule for all settings without their own.
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
    /// The text is not a rule.
    pub fn and(self, text: &str) -> Result<Self, RuleError> {
        let wrong = |_| RuleError { text: text.to_owned() };
        match text.split_once('=') {
            // `=last` would be a rule for a setting without a name, which no host has.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_prints_as_it_is_read() {
        for text in ["error", "first", "last"] {
            let rules = MergeRules::default().and(text).unwrap();
            assert_eq!(rules.of("port").to_string(), text);
        }
    }
}
