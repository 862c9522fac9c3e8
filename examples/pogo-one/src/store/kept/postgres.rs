//! Stores in PostgreSQL.

use std::path::Path;
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};
use pogo_core::Timestamp;
use pogo_core::history::JobHistory;
use pogo_core::journal::{Journal, JournalError, OwnerId};
use pogo_core::output::OutputStore;
use pogo_store::postgres::{PostgresAddress, PostgresError, PostgresNamespace, PostgresStore};
use pogo_store::{
    Copied, FollowerRegistration, Migrated, RemoteDamage, RemoteInfo, RemoteOwnership, Retention, StoreToCopy,
};

use super::{KeptNamespace, NotServed, RemoteNamespace, RemoteStore, RemovedParts};
use crate::exit::CliError;

pub(super) async fn open(address: &PostgresAddress) -> Result<Box<dyn RemoteStore>, CliError> {
    let store = PostgresStore::open(address).await.map_err(refused)?;
    Ok(Box::new(store))
}

pub(super) async fn migrate(address: &PostgresAddress) -> Result<Migrated, CliError> {
    PostgresStore::migrate(address).await.map_err(refused)
}

/// Whether the user or the network can help.
pub(crate) fn refused(error: PostgresError) -> CliError {
    match error {
        PostgresError::Unavailable { .. } | PostgresError::Journal(JournalError::Unavailable { .. }) => {
            CliError::Unreachable(error.to_string())
        }
        PostgresError::Damaged { .. } | PostgresError::Journal(_) => CliError::broken(error),
        _ => CliError::usage(error),
    }
}

impl RemoteStore for PostgresStore {
    fn version(&self) -> u32 {
        self.version()
    }

    fn namespaces(&self) -> BoxFuture<'_, Result<Vec<String>, CliError>> {
        async { self.namespaces().await.map_err(refused) }.boxed()
    }

    fn namespace(&self, name: &str) -> Result<Box<dyn RemoteNamespace>, CliError> {
        let namespace = self.namespace(name).map_err(refused)?;
        Ok(Box::new(namespace))
    }

    fn to_copy<'a>(&'a self, inputs: &'a Path, now: Timestamp) -> BoxFuture<'a, Result<StoreToCopy, CliError>> {
        async move { self.to_copy(inputs, now).await.map_err(refused) }.boxed()
    }

    fn copy_from<'a>(
        &'a self,
        from: StoreToCopy,
        inputs: &'a Path,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Copied, CliError>> {
        async move { self.copy_from(from, inputs).await.map_err(refused) }.boxed()
    }
}

impl KeptNamespace for PostgresNamespace {
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
        async { Ok(self.unique_name().await.map_err(refused)?) }.boxed()
    }
}

impl RemoteNamespace for PostgresNamespace {
    fn info(&self) -> BoxFuture<'_, Result<RemoteInfo, CliError>> {
        async { self.info().await.map_err(refused) }.boxed()
    }

    fn ownership(&self) -> BoxFuture<'_, Result<RemoteOwnership, CliError>> {
        async { self.ownership().await.map_err(refused) }.boxed()
    }

    fn follow_as(&self, who: OwnerId) -> FollowerRegistration {
        self.follow_as(who)
    }

    fn prune(&self, keep: Retention) -> BoxFuture<'_, Result<RemovedParts, CliError>> {
        async move {
            let dropped = self.prune(keep).await.map_err(refused)?;
            Ok(RemovedParts {
                bytes: Some(dropped.iter().map(|part| part.bytes).sum()),
                names: dropped.into_iter().map(|part| part.table).collect(),
            })
        }
        .boxed()
    }

    fn check(&self) -> BoxFuture<'_, Result<Vec<RemoteDamage>, CliError>> {
        async { self.check().await.map_err(refused) }.boxed()
    }
}
