//! The output of one attempt on its way to the store.

use std::sync::Arc;

use super::budget::Reserved;
use super::progress::Progress;
use super::sink::OutputSink;
use crate::output::{OutputSource, Stream};
use crate::scheduler::OutputSummary;

/// Sends the output of one attempt to the store.
#[derive(Debug, Clone)]
pub(in super::super) struct OutputHandle {
    sink: Arc<OutputSink>,
    progress: Arc<Progress>,
}

impl OutputHandle {
    pub(in super::super) fn new(sink: Arc<OutputSink>, source: OutputSource) -> Self {
        let progress = Arc::new(Progress::new(source));
        Self { sink, progress }
    }

    /// Waits until there is room for a piece, then queues it.
    pub(in super::super) async fn write(&self, stream: Stream, bytes: &[u8]) {
        let reservation = match self.sink.reserve(bytes.len(), true) {
            Some(Reserved::Now(reservation)) => Some(reservation),
            // Waiting here slows down the host: its transport reads no more from the connection
            // meanwhile.
            Some(Reserved::Later(later)) => later.await.ok(),
            Some(Reserved::Closed) | None => None,
        };
        self.sink.push(&self.progress, (stream, bytes), reservation);
    }

    /// Queues a piece if there is room for it now. While the store hangs it is accepted and lost.
    pub(in super::super) fn try_write(&self, stream: Stream, bytes: &[u8]) -> bool {
        let reservation = match self.sink.reserve(bytes.len(), false) {
            Some(Reserved::Now(reservation)) => Some(reservation),
            Some(Reserved::Closed) => None,
            Some(Reserved::Later(_)) | None => return false,
        };
        self.sink.push(&self.progress, (stream, bytes), reservation);
        true
    }

    /// Waits until all of it is stored and sealed, or the store has failed.
    pub(in super::super) async fn seal(&self) -> Option<OutputSummary> {
        self.sink.seal(&self.progress).await.ok().flatten()
    }
}
