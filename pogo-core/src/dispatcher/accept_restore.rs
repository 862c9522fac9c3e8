//! That a dispatcher may go on with a journal that is a copy, or has lost its last records.

use std::sync::Arc;

use crate::journal::{JournalError, RestoredStore};
use crate::scheduler::{Actor, Incarnation, Input, RestoreCause};

/// Who accepts that a journal was restored, and why. See
/// [`DispatcherBuilder::accept_restore`](super::DispatcherBuilder::accept_restore).
///
/// ```
/// # use std::sync::Arc;
/// use pogo_core::dispatcher::AcceptRestore;
/// use pogo_core::scheduler::Actor;
///
/// let accepted = AcceptRestore::because("the disk is gone").by(Actor::new("ada").at_host("laptop"));
/// # let _ = accepted;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptRestore {
    reason: Arc<str>,
    actor: Option<Arc<Actor>>,
    declared: bool,
}

impl AcceptRestore {
    /// Accepts it for this reason, if the store says that it was restored.
    pub fn because(reason: impl Into<Arc<str>>) -> Self {
        Self {
            reason: reason.into(),
            actor: None,
            declared: false,
        }
    }

    /// Sets who accepts it.
    #[must_use]
    pub fn by(mut self, actor: impl Into<Arc<Actor>>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    /// Says that it was restored, whether or not the store knows: for stores that cannot, such as a disk that was set
    /// back to an earlier time. Each takeover for which this is said begins a new incarnation.
    #[must_use]
    pub fn declared(mut self) -> Self {
        self.declared = true;
        self
    }

    fn input(self, store: RestoredStore) -> Input {
        Input::Restored {
            cause: store.cause,
            at_least: store.at_least,
            reason: self.reason,
            actor: self.actor,
        }
    }
}

/// What a dispatcher tells the scheduler of a restore, if there was one.
pub(super) fn restored(
    store: Option<RestoredStore>,
    accepted: Option<AcceptRestore>,
) -> Result<Option<Input>, JournalError> {
    match (store, accepted) {
        (Some(store), Some(accepted)) => Ok(Some(accepted.input(store))),
        (Some(store), None) => Err(JournalError::Restored { cause: store.cause }),
        (None, Some(accepted)) if accepted.declared => {
            let (cause, at_least) = (RestoreCause::Declared, Incarnation::default());
            Ok(Some(accepted.input(RestoredStore { cause, at_least })))
        }
        (None, _) => Ok(None),
    }
}
