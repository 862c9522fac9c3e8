//! A setting for which sources give different values.

use std::fmt;

use pogo_core::fleet::HostName;
use pogo_core::inventory::Diagnostic;
use pogo_core::policy::Origin;
use serde::Serialize;

/// A setting for which sources give different values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Conflict {
    /// The host.
    pub host: HostName,
    /// `address`, `port`, `user`, or the name of a further setting.
    pub setting: String,
    /// The first value, and one that differs.
    pub claims: [SettingClaim; 2],
    /// The one that counts; `None` without a rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<usize>,
}

/// The value of a setting in one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SettingClaim {
    /// The value.
    pub value: String,
    /// The source's name.
    pub source: String,
    /// Its position, if the source has lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl Conflict {
    /// The conflict as a problem at the later of the two positions, with the cure.
    pub fn diagnostic(&self) -> Diagnostic {
        let [_, later] = &self.claims;
        let problem = match &later.origin {
            Some(origin) => Diagnostic::at(origin, self.to_string()),
            None => Diagnostic::new(later.source.as_str(), self.to_string()),
        };
        match self.kept {
            Some(0) => problem.with_hint("the first counts, by rule"),
            Some(_) => problem.with_hint("the last counts, by rule"),
            None => problem.with_hint("take one out, or set a rule by which the first or the last source counts"),
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            host, setting, claims, ..
        } = self;
        let [first, second] = claims;
        write!(f, "`{host}` has two values for {setting}: {first} and {second}")
    }
}

impl fmt::Display for SettingClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.escape_debug();
        match &self.origin {
            Some(origin) => write!(f, "`{value}` ({origin})"),
            None => write!(f, "`{value}` ({})", self.source),
        }
    }
}
