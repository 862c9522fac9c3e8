//! Stores in ZooKeeper.

use std::path::Path;
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};
use pogo_core::Timestamp;
use pogo_core::history::JobHistory;
use pogo_core::journal::{Journal, JournalError, OwnerId};
use pogo_core::output::OutputStore;
use pogo_store::zookeeper::{OutputStorage, ZookeeperAddress, ZookeeperError, ZookeeperNamespace, ZookeeperStore};
use pogo_store::{
    Copied, FollowerRegistration, Migrated, RemoteDamage, RemoteInfo, RemoteOwnership, Retention, StoreToCopy,
};

use super::remote::local_dir;
use super::{KeptNamespace, NotServed, RemoteNamespace, RemoteStore, RemovedParts};
use crate::cli::StoreAddress;
use crate::exit::CliError;

/// A store, and where it keeps what hosts write.
struct StoreWithOutput {
    store: ZookeeperStore,
    output: OutputStorage,
}

/// A namespace of it.
struct NamespaceWithOutput {
    namespace: ZookeeperNamespace,
    storage: OutputStorage,
    output: Arc<dyn OutputStore>,
}

pub(super) async fn open(address: &ZookeeperAddress) -> Result<Box<dyn RemoteStore>, CliError> {
    let output = match address.output() {
        Some(location) => location.open().map_err(refused)?,
        None => local_dir(&StoreAddress::Zookeeper(Box::new(address.clone())))?
            .join("output")
            .into(),
    };
    let store = ZookeeperStore::open(address).await.map_err(refused)?;
    Ok(Box::new(StoreWithOutput { store, output }))
}

pub(super) async fn migrate(address: &ZookeeperAddress) -> Result<Migrated, CliError> {
    ZookeeperStore::migrate(address).await.map_err(refused)
}

/// Whether the user or the network can help.
fn refused(error: ZookeeperError) -> CliError {
    match error {
        ZookeeperError::Unavailable { .. } | ZookeeperError::Journal(JournalError::Unavailable { .. }) => {
            CliError::Unreachable(error.to_string())
        }
        ZookeeperError::Damaged { .. } | ZookeeperError::Journal(_) => CliError::broken(error),
        _ => CliError::usage(error),
    }
}

impl RemoteStore for StoreWithOutput {
    fn version(&self) -> u32 {
        self.store.version()
    }

    fn namespaces(&self) -> BoxFuture<'_, Result<Vec<String>, CliError>> {
        async { self.store.namespaces().await.map_err(refused) }.boxed()
    }

    fn namespace(&self, name: &str) -> Result<Box<dyn RemoteNamespace>, CliError> {
        let namespace = self.store.namespace(name).map_err(refused)?;
        Ok(Box::new(NamespaceWithOutput {
            output: namespace.output_at(&self.output),
            storage: self.output.clone(),
            namespace,
        }))
    }

    fn output(&self) -> Option<String> {
        Some(self.output.to_string())
    }

    fn to_copy<'a>(&'a self, inputs: &'a Path, now: Timestamp) -> BoxFuture<'a, Result<StoreToCopy, CliError>> {
        async move { self.store.to_copy((inputs, &self.output), now).await.map_err(refused) }.boxed()
    }

    fn copy_from<'a>(
        &'a self,
        from: StoreToCopy,
        inputs: &'a Path,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Copied, CliError>> {
        async move {
            self.store
                .copy_from(from, (inputs, &self.output), now)
                .await
                .map_err(refused)
        }
        .boxed()
    }
}

impl KeptNamespace for NamespaceWithOutput {
    fn journal(&self) -> Arc<dyn Journal> {
        self.namespace.journal()
    }

    fn output(&self) -> Arc<dyn OutputStore> {
        Arc::clone(&self.output)
    }

    fn history(&self) -> Arc<dyn JobHistory> {
        Arc::new(self.namespace.clone())
    }

    fn unique_name(&self) -> BoxFuture<'_, Result<String, NotServed>> {
        async { Ok(self.namespace.unique_name().await.map_err(refused)?) }.boxed()
    }
}

impl RemoteNamespace for NamespaceWithOutput {
    fn info(&self) -> BoxFuture<'_, Result<RemoteInfo, CliError>> {
        async { self.namespace.info().await.map_err(refused) }.boxed()
    }

    fn ownership(&self) -> BoxFuture<'_, Result<RemoteOwnership, CliError>> {
        async { self.namespace.ownership().await.map_err(refused) }.boxed()
    }

    fn follow_as(&self, who: OwnerId) -> FollowerRegistration {
        self.namespace.follow_as(who)
    }

    fn prune(&self, keep: Retention) -> BoxFuture<'_, Result<RemovedParts, CliError>> {
        async move {
            let pruned = self
                .namespace
                .prune_output(&self.storage, keep)
                .await
                .map_err(refused)?;
            let pruned = pruned.ok_or_else(|| {
                CliError::usage(
                    "output of this store is in directories of its machines, whose owners remove it by themselves \
                     after 30 days; events are removed where they are more than the ensemble keeps",
                )
            })?;
            Ok(RemovedParts {
                names: pruned.jobs.iter().map(ToString::to_string).collect(),
                bytes: Some(pruned.bytes),
            })
        }
        .boxed()
    }

    fn check(&self) -> BoxFuture<'_, Result<Vec<RemoteDamage>, CliError>> {
        async {
            let mut damage = self.namespace.check().await.map_err(refused)?;
            damage.extend(self.namespace.check_output(&self.storage).await.map_err(refused)?);
            Ok(damage)
        }
        .boxed()
    }
}
