//! Whether a namespace can go on from a copy of its journal.

use std::sync::Arc;

use crate::Timestamp;
use crate::scheduler::state::State;
use crate::scheduler::{Incarnation, InputError, OrderKind, RequestId, Restoration, RestoreCause, RestoreId};

impl State {
    /// Whether this restore is recorded already: by its id, or by the request that accepts it.
    ///
    /// # Errors
    /// The request was used for something else: for another order, or for a restore that the store says is another one.
    pub(in crate::scheduler) fn is_restored(
        &self,
        now: Timestamp,
        id: Option<RestoreId>,
        request: Option<&RequestId>,
    ) -> Result<bool, InputError> {
        // By its id first: a dispatcher that died after recording it comes back with another
        // request, or with none.
        if id.is_some() && self.restorations.iter().any(|restoration| restoration.id == id) {
            return Ok(true);
        }
        match request.and_then(|request| self.requests.get(request, now)) {
            None => Ok(false),
            Some(known) if known.order == OrderKind::Restore && id.is_none() => Ok(true),
            // To take it for the same would go on with the numbers of before.
            Some(known) => Err(InputError::RequestReused {
                request: known.request.clone(),
                order: known.order,
            }),
        }
    }

    /// The incarnation that a restore begins: the next one, or a later one where the store knows of more.
    pub(in crate::scheduler) fn check_restored(
        &self,
        at: Timestamp,
        (cause, id, reason): (RestoreCause, Option<RestoreId>, Arc<str>),
        at_least: Incarnation,
    ) -> Result<Restoration, InputError> {
        let incarnation = Incarnation(self.incarnation().0.saturating_add(1)).max(at_least);
        match incarnation <= Incarnation::MAX {
            true => Ok(self.restoration(at, incarnation, (cause, id, reason))),
            false => Err(InputError::TooManyRestores),
        }
    }
}
