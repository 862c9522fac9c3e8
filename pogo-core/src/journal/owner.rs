//! Who asks for a journal, and how.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::scheduler::OwnerId;

/// A random number, drawn afresh for each ownership. Epochs are counted by the store, so a store that was restored from
/// a copy gives out the same epoch twice; the nonce distinguishes the two owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nonce(pub u64);

/// Whoever asks for a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Owner {
    /// Its name, for people.
    pub id: OwnerId,
    /// What nobody else has.
    pub nonce: Nonce,
    /// When it asks, for people; no ownership ends by it.
    pub since: Timestamp,
}

impl Owner {
    /// An owner of this name, with a nonce that nobody else has, who asks at this moment.
    pub fn new(id: OwnerId, nonce: Nonce, since: Timestamp) -> Self {
        Self { id, nonce, since }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

/// How a journal is acquired that somebody else may own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Acquire {
    /// Only if nobody owns it; otherwise [`Held`](super::JournalError::Held) says who does.
    #[default]
    IfFree,
    /// As soon as nobody owns it, however long that takes.
    Wait,
    /// Now, whoever owns it: the former owner appends nothing more. A store that cannot make sure of that, such as a
    /// directory, answers [`Held`](super::JournalError::Held).
    Force,
}

impl fmt::Display for Acquire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IfFree => "only if it is free",
            Self::Wait => "as soon as it is free",
            Self::Force => "by force",
        })
    }
}
