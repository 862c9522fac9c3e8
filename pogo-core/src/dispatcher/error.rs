//! Errors that stop a dispatcher, and errors of orders.

use super::ResolversError;
use crate::Timestamp;
use crate::journal::{ClockSkew, JournalError, ReplayError, RestoreError};
use crate::scheduler::InputError;

/// Why a dispatcher stopped. Running attempts were dropped, and are in doubt, unless stated otherwise.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DispatchError {
    /// The journal could not be read or written, so nothing may start any more.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal's records cannot be replayed.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The journal's snapshot cannot be restored.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// The scheduler refuses to go on from a restored journal.
    #[error(transparent)]
    Refused(#[from] InputError),
    /// The clock is too far from that of the journal's store, so that the journal was not taken over: its records would
    /// have wrong times.
    #[error(
        "the clock of this machine is {skew}, and whoever takes over may be {} s away at most; \
         set the clock right, or take over by force",
        ClockSkew::MOST.as_secs()
    )]
    ClockSkewed {
        /// How far it is.
        skew: ClockSkew,
    },
    /// An observer panicked. The rollout was not affected, and the journal is complete.
    #[error(
        "the observer panicked {panics} times, which is a defect of the observer; the jobs went on, and the journal \
         says how they ended"
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
    /// The journal cannot be reached, so new orders are refused; nothing has changed. What runs goes on.
    #[error(
        "the journal cannot be reached since {since}, so no order can be taken; try again when it is back: {message}"
    )]
    JournalAway {
        /// When that was first seen.
        since: Timestamp,
        /// The journal's last error.
        message: String,
    },
    /// Tag resolvers have no answer to a tag of the policy, an unfinished job or the order; nothing has changed.
    #[error(transparent)]
    Resolvers(#[from] ResolversError),
    /// The query's closure panicked. The dispatcher goes on.
    #[error("the query panicked, which is a defect of the query; the dispatcher goes on")]
    Panicked,
    /// The handle is that of a [follower](super::JournalFollower), and another process dispatches; nothing has changed.
    #[error("this process follows the namespace and does not dispatch it; give the order to its owner")]
    Standby,
    /// The dispatcher has stopped.
    #[error("the dispatcher has stopped")]
    Stopped,
}
