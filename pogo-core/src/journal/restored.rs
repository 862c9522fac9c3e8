//! What a store says of itself when it is not as its last owner left it.

use serde::{Deserialize, Serialize};

use crate::scheduler::{Incarnation, RestoreCause, RestoreId};

/// What a store says of itself if it is a copy, or has lost its last records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RestoredStore {
    /// What happened to it.
    pub cause: RestoreCause,
    /// The incarnation that begins is at least this one. A store that keeps count of its restores outside of what is
    /// restored says it here, so that two restores of one copy do not begin the same incarnation; others say the
    /// default.
    pub at_least: Incarnation,
    /// Which restore it is: the same until it is [confirmed](super::OwnedJournal::confirm_restored), and then never
    /// again. So an owner that died after it had recorded it, and before it was confirmed, is followed by one that does
    /// not record it once more. `None` where the store gives it no id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RestoreId>,
}

impl RestoredStore {
    /// A store that does not count its restores.
    pub fn new(cause: RestoreCause) -> Self {
        Self {
            cause,
            at_least: Incarnation::default(),
            id: None,
        }
    }

    /// Sets the least incarnation that begins.
    #[must_use]
    pub fn at_least(mut self, incarnation: Incarnation) -> Self {
        self.at_least = incarnation;
        self
    }

    /// Says which restore it is.
    #[must_use]
    pub fn identified(mut self, id: RestoreId) -> Self {
        self.id = Some(id);
        self
    }
}
