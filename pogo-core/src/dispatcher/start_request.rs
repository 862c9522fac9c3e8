//! Asks the event loop where a stream begins.

use futures::channel::oneshot;

use crate::scheduler::QueryError;
use crate::stream::{ResyncReason, StreamRequest, Update};

/// Somebody wants to follow.
pub(super) struct StartRequest {
    pub(super) request: StreamRequest,
    /// Who is further behind begins with a snapshot.
    pub(super) max_lag: u64,
    pub(super) reply: oneshot::Sender<Result<Start, QueryError>>,
}

/// Where a stream begins.
pub(super) enum Start {
    /// Where it was asked to.
    Resumed {
        /// Whether it is of a job that has retired: nothing follows after the records that there are.
        retired: bool,
    },
    /// With this, for this reason if it was asked to begin elsewhere.
    With(Box<Update>, Option<ResyncReason>),
}
