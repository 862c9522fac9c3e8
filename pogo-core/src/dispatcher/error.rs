//! Why a dispatcher stops, and why it refuses an order.

use crate::journal::{JournalError, ReplayError, RestoreError};
use crate::scheduler::InputError;

/// Why a dispatcher had to stop. Attempts that were under way have been dropped, and are in doubt.
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
}

/// Why an order was not carried out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OrderError {
    /// The scheduler refuses it; nothing has changed.
    #[error(transparent)]
    Refused(#[from] InputError),
    /// The dispatcher has stopped.
    #[error("the dispatcher has stopped")]
    Stopped,
}
