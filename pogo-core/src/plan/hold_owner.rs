//! Who holds hosts outside of any job.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// The name under which somebody holds hosts: a person, a tool, a ticket. Not blank, at most 200 bytes, without control
/// characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HoldOwner(SmolStr);

/// A name that nobody can hold hosts under.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the owner of a hold is named by 1 to {} bytes without control characters",
    HoldOwner::LONGEST
)]
#[non_exhaustive]
pub struct InvalidHoldOwner;

impl HoldOwner {
    /// The most bytes of a name.
    // A name is in every event and sentence of its holds.
    pub const LONGEST: usize = 200;

    /// An owner of this name.
    ///
    /// # Errors
    /// The name is blank, too long, or has control characters.
    pub fn new(name: impl AsRef<str>) -> Result<Self, InvalidHoldOwner> {
        // A space that nobody sees would be another owner.
        let name = name.as_ref().trim();
        match name.is_empty() || name.len() > Self::LONGEST || name.chars().any(char::is_control) {
            true => Err(InvalidHoldOwner),
            false => Ok(Self(name.into())),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HoldOwner {
    type Err = InvalidHoldOwner;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::new(name)
    }
}

impl TryFrom<String> for HoldOwner {
    type Error = InvalidHoldOwner;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::new(name)
    }
}

impl From<HoldOwner> for String {
    fn from(owner: HoldOwner) -> Self {
        owner.0.into()
    }
}

impl fmt::Display for HoldOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
