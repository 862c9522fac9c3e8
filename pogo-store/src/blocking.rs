//! What waits for a disk, away from the executor.

use std::io;
use std::thread;

use futures::channel::oneshot;

/// Runs this on a thread of its own, so that any executor can await it. It runs to its end even if nobody does. A
/// thread takes some 20 µs, which is nothing beside a disk that syncs.
pub(crate) async fn spawn_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let (sender, receiver) = oneshot::channel();
    let thread = thread::Builder::new().name("pogo-store".to_owned());
    // Whoever asked may be gone.
    thread.spawn(move || _ = sender.send(work()))?;
    receiver
        .await
        .map_err(|_| io::Error::other("the thread that used the store has panicked"))
}
