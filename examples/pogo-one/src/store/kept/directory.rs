//! A namespace of a store in a directory.

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};
use pogo_core::history::JobHistory;
use pogo_core::journal::{Journal, JournalError};
use pogo_core::output::OutputStore;
use pogo_store::{Namespace, StoreError};

use super::{KeptNamespace, NotServed};

impl KeptNamespace for Namespace {
    fn journal(&self) -> Arc<dyn Journal> {
        self.journal()
    }

    fn output(&self) -> Arc<dyn OutputStore> {
        self.output()
    }

    fn history(&self) -> Arc<dyn JobHistory> {
        Arc::new(self.clone())
    }

    fn unique_name(&self) -> BoxFuture<'_, Result<String, NotServed>> {
        async {
            self.unique_name().await.map_err(|error| match error {
                StoreError::Journal(JournalError::Held { owner, .. }) => NotServed::Held(owner.to_string()),
                other => NotServed::Other(crate::store::refused(other)),
            })
        }
        .boxed()
    }
}
