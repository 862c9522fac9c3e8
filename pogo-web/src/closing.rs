//! The word that a server closes, for whoever waits or follows.

use tokio::sync::watch;

/// Resolves when the server closes. It is an extension of requests whose server closes in an orderly way.
#[derive(Debug, Clone)]
pub(crate) struct Closing(watch::Receiver<bool>);

impl Closing {
    #[cfg(any(feature = "tcp", feature = "unix"))]
    pub(crate) fn new() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    /// Resolves when the server closes; never, if it does not say so.
    pub(crate) async fn closes(closing: Option<Self>) {
        match closing {
            // It closes too if whoever would say so is gone.
            Some(Self(mut closing)) => _ = closing.wait_for(|closes| *closes).await,
            None => std::future::pending().await,
        }
    }
}
