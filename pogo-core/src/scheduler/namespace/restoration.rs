//! Restores: a namespace that goes on from a copy of its journal, or from one that has lost its last records.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::scheduler::{AttemptId, Incarnation};

/// Why what a store has is not what its last owner left there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

/// A restore of the namespace. What happened between the moment that the store goes back to and this one is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
