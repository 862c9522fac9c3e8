//! Bridges between blocking and asynchronous code.

use std::thread;

use pogo_core::inventory::InventoryError;

/// Runs blocking work on a new thread, so that any executor can await it.
pub(crate) async fn spawn_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, InventoryError> + Send + 'static,
) -> Result<T, InventoryError> {
    let (sender, receiver) = futures::channel::oneshot::channel();
    thread::spawn(move || sender.send(work()));
    receiver.await.map_err(|_| gone())?
}

/// Runs a future to its end, also inside an executor.
#[cfg(any(feature = "http", feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub(crate) fn block_on<T: Send>(
    work: impl Future<Output = Result<T, InventoryError>> + Send,
) -> Result<T, InventoryError> {
    let run = || {
        // One thread is enough for one request, and it ends with it: a library must not leave
        // threads behind.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let unavailable = |error: std::io::Error| InventoryError::unavailable("runtime", error.to_string());
        runtime.map_err(unavailable)?.block_on(work)
    };
    // On a thread of its own: Tokio panics where a runtime is started within another, which the
    // caller may have.
    thread::scope(|scope| scope.spawn(run).join().unwrap_or_else(|_| Err(gone())))
}

fn gone() -> InventoryError {
    InventoryError::unavailable("source", "the thread that read it is gone")
}
