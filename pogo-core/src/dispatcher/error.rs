//! Why a dispatcher stops, and why it refuses an order.

use super::ResolversError;
use crate::Timestamp;
use crate::journal::{JournalError, ReplayError, RestoreError};
use crate::scheduler::InputError;

/// Why a dispatcher had to stop. Attempts that were under way have been dropped, and are in doubt, unless a reason says otherwise.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DispatchError {
    /// The journal could not be read or written, so nothing may be started any more.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// What the journal holds cannot be replayed.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The snapshot that the journal holds cannot be restored.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// The observer panicked. Everything went on to its end without regard to that, and the journal has all of it.
    #[error(
        "the observer panicked {panics} times, which is a defect of the observer; the jobs went on, and the journal says how they ended"
    )]
    Observer {
        /// How often.
        panics: u64,
    },
}

/// Why an order was not carried out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OrderError {
    /// The scheduler refuses it; nothing has changed.
    #[error(transparent)]
    Refused(#[from] InputError),
    /// The journal cannot be reached, so nothing new is taken on; nothing has changed. What runs goes on.
    #[error(
        "the journal cannot be reached since {since}, so no order can be taken; try again when it is back: {message}"
    )]
    JournalAway {
        /// When that was first seen.
        since: Timestamp,
        /// What the journal said last.
        message: String,
    },
    /// Tag resolvers have no answer to what the policy, an unfinished job or the order names; nothing has changed.
    #[error(transparent)]
    Resolvers(#[from] ResolversError),
    /// What was to look at the scheduler panicked. The dispatcher goes on.
    #[error("the query panicked, which is a defect of the query; the dispatcher goes on")]
    Panicked,
    /// The dispatcher has stopped.
    #[error("the dispatcher has stopped")]
    Stopped,
}
