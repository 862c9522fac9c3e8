//! Names of namespaces.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The name of a namespace: up to 100 ASCII letters, digits, `-`, `_` and `.`, the first a letter or a digit.
///
/// ```
/// use pogo_api::wire::NamespaceName;
///
/// assert_eq!("web-eu.1".parse::<NamespaceName>()?.as_str(), "web-eu.1");
/// assert!("../etc".parse::<NamespaceName>().is_err());
/// # Ok::<(), pogo_api::wire::InvalidNamespaceName>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NamespaceName(String);

/// Text that is no name of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` cannot be the name of a namespace: give up to {} ASCII letters, digits, `-`, `_` and `.`, the first a letter \
     or a digit",
    text.escape_debug(), NamespaceName::MAX_LEN
)]
#[non_exhaustive]
pub struct InvalidNamespaceName {
    /// The text as given.
    pub text: String,
}

impl NamespaceName {
    /// The most characters of one.
    pub const MAX_LEN: usize = 100;

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NamespaceName {
    type Err = InvalidNamespaceName;

    fn from_str(text: &str) -> Result<Self, InvalidNamespaceName> {
        let begins_well = text.starts_with(|first: char| first.is_ascii_alphanumeric());
        let is_known = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
        match begins_well && text.len() <= Self::MAX_LEN && text.chars().all(is_known) {
            true => Ok(Self(text.to_owned())),
            false => Err(InvalidNamespaceName { text: text.to_owned() }),
        }
    }
}

impl TryFrom<String> for NamespaceName {
    type Error = InvalidNamespaceName;

    fn try_from(text: String) -> Result<Self, InvalidNamespaceName> {
        text.parse()
    }
}

impl From<NamespaceName> for String {
    fn from(name: NamespaceName) -> Self {
        name.0
    }
}

impl fmt::Display for NamespaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
