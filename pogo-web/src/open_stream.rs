//! The streams and waits that are open at once.

use std::sync::Arc;

use pogo_api::wire::ProblemKind;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::refusal::Refusal;
use crate::state::RouterShared;

/// One of the streams that there may be at once, until it is dropped.
pub(crate) struct OpenStream {
    permit: OwnedSemaphorePermit,
    most: usize,
}

impl OpenStream {
    /// How many are open.
    pub(crate) fn all(&self) -> usize {
        self.most.saturating_sub(self.permit.semaphore().available_permits())
    }
}

/// Opens one of the streams that there may be at once.
pub(crate) fn open_stream(shared: &RouterShared) -> Result<OpenStream, Refusal> {
    let permit = Arc::clone(&shared.streams).try_acquire_owned();
    let most = shared.limits.streams.min(Semaphore::MAX_PERMITS);
    permit.map(|permit| OpenStream { permit, most }).map_err(|_| {
        let said = format_args!(
            "{} streams are open, and no more are served at once; close one, or try again",
            shared.limits.streams
        );
        Refusal::new(ProblemKind::TooManyStreams, said)
    })
}
