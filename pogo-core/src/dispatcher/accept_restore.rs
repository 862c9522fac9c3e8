//! That a dispatcher may go on with a journal that is a copy, or has lost its last records.

use std::sync::Arc;

use crate::journal::{JournalError, RestoredStore};
use crate::scheduler::{Actor, Input, RequestId, RestoreCause};

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
    request: Option<RequestId>,
    declared: bool,
}

impl AcceptRestore {
    /// Accepts it for this reason, if the store says that it was restored.
    pub fn because(reason: impl Into<Arc<str>>) -> Self {
        Self {
            reason: reason.into(),
            actor: None,
            request: None,
            declared: false,
        }
    }

    /// Sets who accepts it.
    #[must_use]
    pub fn by(mut self, actor: impl Into<Arc<Actor>>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    /// Gives it an id, as to any [command](crate::scheduler::Command): accepted again under the same, it begins no
    /// other incarnation. A restore that its store [tells apart](RestoredStore::id) is recorded once in any case, and
    /// another one needs another id.
    #[must_use]
    pub fn as_request(mut self, request: RequestId) -> Self {
        self.request = Some(request);
        self
    }

    /// Says that it was restored, whether or not the store knows: for stores that cannot, such as a disk that was set
    /// back to an earlier time. Each takeover for which this is said begins a new incarnation, unless it is the
    /// [request](Self::as_request) of an earlier one.
    #[must_use]
    pub fn declared(mut self) -> Self {
        self.declared = true;
        self
    }

    fn input(self, store: RestoredStore) -> Input {
        Input::Restored {
            cause: store.cause,
            at_least: store.at_least,
            id: store.id,
            request: self.request,
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
        // Going on by itself would use numbers that the journal which was copied may use as well,
        // on the same hosts.
        (Some(store), None) => Err(JournalError::Restored { cause: store.cause }),
        (None, Some(accepted)) if accepted.declared => {
            Ok(Some(accepted.input(RestoredStore::new(RestoreCause::Declared))))
        }
        (None, _) => Ok(None),
    }
}
