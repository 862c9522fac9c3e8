//! Who starts a server that is gone.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures::future::BoxFuture;

type Start = dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync;

/// Starts a server that is gone.
#[derive(Clone)]
pub(super) struct Starter(Arc<Start>);

impl Starter {
    /// How often a server is started for one request: one that ends each time has a defect.
    pub(super) const TIMES: u32 = 20;

    pub(super) fn new<F>(start: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(start())))
    }

    pub(super) async fn start(&self) -> Result<(), String> {
        (self.0)().await
    }
}

impl fmt::Debug for Starter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Starter").finish_non_exhaustive()
    }
}
