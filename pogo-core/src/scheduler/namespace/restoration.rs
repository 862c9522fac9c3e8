//! Restores: a namespace that goes on from a copy of its journal, or from one that has lost its last records.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::scheduler::{AttemptId, Incarnation};

/// Why what a store has is not what its last owner left there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RestoreCause {
    /// It is a copy that was made earlier.
    Copied,
    /// It has lost its last records.
    LostTail,
    /// Somebody says so: the store itself cannot know.
    Declared,
}

impl fmt::Display for RestoreCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Copied => "its journal is a copy",
            Self::LostTail => "its journal has lost its last records",
            Self::Declared => "its journal is from an earlier time, as somebody says",
        })
    }
}

/// Which restore it is, by the store's own word: while a store says the same, it is the same restore. Displays as 16
/// hexadecimal digits, and is stored as them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RestoreId(pub u64);

/// A text that is no id of a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the id of a restore has 16 hexadecimal digits")]
pub struct RestoreIdError;

impl TryFrom<String> for RestoreId {
    type Error = RestoreIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_id = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = is_id.then(|| u64::from_str_radix(&text, 16).ok());
        number.flatten().map(Self).ok_or(RestoreIdError)
    }
}

impl From<RestoreId> for String {
    fn from(id: RestoreId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for RestoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A restore of the namespace. What happened between the moment that the store goes back to and this one is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Restoration {
    /// The incarnation that began.
    pub incarnation: Incarnation,
    /// When.
    pub at: Timestamp,
    /// What had happened to the store.
    pub cause: RestoreCause,
    /// Why it was accepted, as whoever did so said.
    #[serde(default, skip_serializing_if = "str_is_empty")]
    pub reason: Arc<str>,
    /// Which restore it was, where its store says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RestoreId>,
    /// Attempts of this incarnation and of later ones have higher numbers.
    pub attempts_after: AttemptId,
}

impl Restoration {
    /// Why jobs are paused since then.
    pub(in crate::scheduler) fn pause_reason(&self) -> String {
        match &*self.reason {
            "" => format!("the namespace was restored, since {}", self.cause),
            reason => format!("the namespace was restored, since {} ({reason})", self.cause),
        }
    }
}

fn str_is_empty(text: &Arc<str>) -> bool {
    text.is_empty()
}
