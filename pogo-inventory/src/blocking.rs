//! Blocking work on a thread of its own.

use std::thread;

use pogo_core::inventory::InventoryError;

/// Runs work on a thread of its own, so that any executor can wait for it.
pub(crate) async fn spawn_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, InventoryError> + Send + 'static,
) -> Result<T, InventoryError> {
    let (sender, receiver) = futures::channel::oneshot::channel();
    thread::spawn(move || sender.send(work()));
    receiver.await.map_err(|_| gone())?
}

/// Runs asynchronous work to its end, wherever the caller runs: inside of an executor too.
#[cfg(any(feature = "http", feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub(crate) fn block_on<T: Send>(
    work: impl Future<Output = Result<T, InventoryError>> + Send,
) -> Result<T, InventoryError> {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let unavailable = |error: std::io::Error| InventoryError::unavailable("runtime", error.to_string());
        runtime.map_err(unavailable)?.block_on(work)
    };
    thread::scope(|scope| scope.spawn(run).join().unwrap_or_else(|_| Err(gone())))
}

fn gone() -> InventoryError {
    InventoryError::unavailable("source", "the thread that read it is gone")
}
