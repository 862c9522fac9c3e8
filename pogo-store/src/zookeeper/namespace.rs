//! One namespace of a store in ZooKeeper.

use std::path::Path;
use std::sync::Arc;

use pogo_core::journal::OwnerId;
use pogo_core::output::OutputStore;
use zookeeper_client::Client;

use super::check::check;
use super::error::RequestError;
use super::follower;
use super::info::{info, ownership};
use super::journal::ZookeeperJournal;
use super::namespace_shared::NamespaceShared;
#[cfg(feature = "object-store")]
use super::object_output::ZookeeperObjectOutput;
use super::output::ZookeeperOutput;
use super::store_shared::{StoreShared, unavailable};
use super::{OutputStorage, ZookeeperError};
#[cfg(feature = "object-store")]
use crate::objects::ObjectStorage;
use crate::remote::{Failed, FollowerRegistration, RemoteDamage, RemoteInfo, RemoteOwnership};
use crate::{Pruned, Retention};

/// A namespace of a [`ZookeeperStore`](super::ZookeeperStore). Clones are of the same namespace.
#[derive(Debug, Clone)]
pub struct ZookeeperNamespace {
    shared: Arc<NamespaceShared>,
}

impl ZookeeperNamespace {
    pub(super) fn new(store: Arc<StoreShared>, name: &str) -> Self {
        Self {
            shared: Arc::new(NamespaceShared::new(store, name)),
        }
    }

    /// Its journal.
    pub fn journal(&self) -> Arc<ZookeeperJournal> {
        Arc::new(ZookeeperJournal::new(Arc::clone(&self.shared)))
    }

    /// What its hosts wrote, as far as the dispatchers of this machine kept it in this directory. One handle is for all
    /// who read and write it.
    pub fn output_in(&self, directory: impl AsRef<Path>) -> Arc<ZookeeperOutput> {
        Arc::new(ZookeeperOutput::new(Arc::clone(&self.shared), directory.as_ref()))
    }

    /// What its hosts wrote, as objects that all machines read and write. One handle is for all who read and write
    /// it in this process.
    #[cfg(feature = "object-store")]
    #[cfg_attr(docsrs, doc(cfg(feature = "object-store")))]
    pub fn output_in_objects(&self, storage: &ObjectStorage) -> Arc<ZookeeperObjectOutput> {
        Arc::new(ZookeeperObjectOutput::new(Arc::clone(&self.shared), storage.clone()))
    }

    /// What its hosts wrote, wherever that is kept. One handle is for all who read and write it in this process.
    pub fn output_at(&self, storage: &OutputStorage) -> Arc<dyn OutputStore> {
        match storage {
            OutputStorage::Directory(directory) => self.output_in(directory),
            #[cfg(feature = "object-store")]
            OutputStorage::Objects(storage) => self.output_in_objects(storage),
        }
    }

    /// Reads all output that is kept in objects, and says what is not as it was written; beside an owner too. Of a
    /// directory, nothing.
    ///
    /// # Errors
    /// The ensemble or the objects cannot be reached.
    pub async fn check_output(&self, storage: &OutputStorage) -> Result<Vec<RemoteDamage>, ZookeeperError> {
        match storage {
            OutputStorage::Directory(_) => Ok(vec![]),
            #[cfg(feature = "object-store")]
            OutputStorage::Objects(storage) => self.output_in_objects(storage).check().await,
        }
    }

    /// Removes output that is older than it is to be kept, of jobs that are over, whoever owns it. `None` of a
    /// directory, from which its owner alone removes it.
    ///
    /// # Errors
    /// The ensemble or the objects cannot be reached.
    pub async fn prune_output(
        &self,
        storage: &OutputStorage,
        keep: Retention,
    ) -> Result<Option<Pruned>, ZookeeperError> {
        match (storage, keep) {
            (OutputStorage::Directory(_), _) => Ok(None),
            #[cfg(feature = "object-store")]
            (OutputStorage::Objects(storage), keep) => self.output_in_objects(storage).prune(keep).await.map(Some),
        }
    }

    /// Registers this process as a follower, so that the owner writes no format of records that this version does not
    /// read. A process that [waits](pogo_core::journal::Acquire::Wait) to take over is registered by that.
    pub fn follow_as(&self, who: OwnerId) -> FollowerRegistration {
        follower::register(&self.shared, who)
    }

    /// What it has, who owns it and who waits, beside an owner too.
    ///
    /// # Errors
    /// The ensemble cannot be reached.
    pub async fn info(&self) -> Result<RemoteInfo, ZookeeperError> {
        self.ask(async |client, shared| info(client, &shared.paths).await).await
    }

    /// Who owns it and who waits, beside an owner too. It costs the same however much the namespace has.
    ///
    /// # Errors
    /// The ensemble cannot be reached.
    pub async fn ownership(&self) -> Result<RemoteOwnership, ZookeeperError> {
        self.ask(async |client, shared| ownership(client, &shared.paths).await)
            .await
    }

    /// Reads everything that it has, and says what is not as it was written; beside an owner too. Takes as long as
    /// reading all of it.
    ///
    /// # Errors
    /// The ensemble cannot be reached.
    pub async fn check(&self) -> Result<Vec<RemoteDamage>, ZookeeperError> {
        self.ask(async |client, shared| check(client, &shared.paths).await)
            .await
    }

    /// Asks by the session that anybody may use.
    async fn ask<T: Send + 'static>(
        &self,
        ask: impl AsyncFn(&Client, &NamespaceShared) -> Result<T, RequestError> + Send + 'static,
    ) -> Result<T, ZookeeperError> {
        let shared = Arc::clone(&self.shared);
        let asked = move || async move {
            shared
                .store
                .sessions
                .ask(async |client| ask(client, &shared).await)
                .await
        };
        let answer = self.shared.store.runtime.run(asked).await;
        let answer = answer.and_then(|answer: Result<T, Failed>| answer);
        answer.map_err(|failed| unavailable(&self.shared.store.address, failed))
    }

    /// A name that no namespace of another store has: its own and a random number, as in `default-1f0c22ab95d3e604`. A
    /// copy of it has the same.
    ///
    /// It is for [`DispatcherBuilder::namespace`](pogo_core::dispatcher::DispatcherBuilder::namespace): hosts remember
    /// the last attempt of each namespace, and would refuse those of another store's `default`, which counts for
    /// itself.
    ///
    /// # Errors
    /// The ensemble cannot be reached.
    pub async fn unique_name(&self) -> Result<String, ZookeeperError> {
        let number = self.ask(async |client, shared| shared.number(client).await).await?;
        Ok(format!("{}-{number}", self.shared.name))
    }

    pub(super) fn shared(&self) -> &Arc<NamespaceShared> {
        &self.shared
    }
}
