//! What waits for a disk, away from the executor.

use std::io;

use futures::channel::oneshot;
use pogo_core::journal::JournalError;

use crate::error::unavailable;

/// Runs this on another thread, so that any executor can await it. It runs to its end even if nobody awaits it.
///
/// Threads are kept for half a second after they were of use. One for each call was tried: a busy dispatcher spent more
/// on starting threads than on syncs.
pub(crate) async fn spawn_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let (sender, receiver) = oneshot::channel();
    // Whoever asked may be gone.
    blocking::unblock(move || _ = sender.send(work())).detach();
    receiver
        .await
        .map_err(|_| io::Error::other("the thread that used the store has panicked"))
}

/// An answer of another thread.
pub(crate) fn flat<T>(answer: io::Result<Result<T, JournalError>>) -> Result<T, JournalError> {
    answer.map_err(unavailable)?
}
