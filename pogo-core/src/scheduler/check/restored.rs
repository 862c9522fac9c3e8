//! Whether a namespace can go on from a copy of its journal.

use std::sync::Arc;

use crate::Timestamp;
use crate::scheduler::state::State;
use crate::scheduler::{Incarnation, InputError, Restoration, RestoreCause};

impl State {
    /// The incarnation that a restore begins: the next one, or a later one where the store knows of more.
    pub(in crate::scheduler) fn check_restored(
        &self,
        at: Timestamp,
        (cause, reason): (RestoreCause, Arc<str>),
        at_least: Incarnation,
    ) -> Result<Restoration, InputError> {
        let incarnation = Incarnation(self.incarnation().0.saturating_add(1)).max(at_least);
        match incarnation <= Incarnation::MAX {
            true => Ok(self.restoration(at, incarnation, (cause, reason))),
            false => Err(InputError::TooManyRestores),
        }
    }
}
