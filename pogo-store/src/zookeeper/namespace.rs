//! One namespace of a store in ZooKeeper.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use zookeeper_client::{Client, CreateMode, Error, MultiWriteError};

use super::ZookeeperError;
use super::check::check;
use super::head::Head;
use super::history::KnownJobs;
use super::hold::Hold;
use super::holder::{EpochNode, NamespaceNode};
use super::info::info;
use super::journal::ZookeeperJournal;
use super::output::ZookeeperOutput;
use super::store::{StoreShared, unavailable};
use super::tree::{Paths, options};
use crate::journal::Growth;
use crate::remote::{Failed, RemoteDamage, RemoteInfo};

/// A namespace of a [`ZookeeperStore`](super::ZookeeperStore). Clones are of the same namespace.
#[derive(Debug, Clone)]
pub struct ZookeeperNamespace {
    shared: Arc<Shared>,
}

/// What all handles of a namespace share within a process.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: Arc<StoreShared>,
    pub(super) name: String,
    pub(super) paths: Paths,
    pub(super) growth: Growth,
    /// The list of jobs, as far as this process has read.
    pub(super) jobs: tokio::sync::Mutex<KnownJobs>,
    /// The ownership of this process, if it has it.
    hold: Mutex<Weak<Hold>>,
}

impl ZookeeperNamespace {
    pub(super) fn new(store: Arc<StoreShared>, name: &str) -> Self {
        let shared = Shared {
            store,
            name: name.to_owned(),
            paths: Paths::of(name),
            growth: Growth::default(),
            jobs: tokio::sync::Mutex::default(),
            hold: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
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

    /// What it has, who owns it and who waits, beside an owner too.
    ///
    /// # Errors
    /// The ensemble cannot be reached.
    pub async fn info(&self) -> Result<RemoteInfo, ZookeeperError> {
        self.ask(async |client, shared| info(client, &shared.paths).await).await
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
        ask: impl AsyncFn(&Client, &Shared) -> Result<T, Error> + Send + 'static,
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

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl Shared {
    /// This process owns the namespace.
    pub(super) fn hold(&self, hold: &Arc<Hold>) {
        *self.hold.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(hold);
    }

    /// The ownership of this process, if it has it.
    pub(super) fn held(&self) -> Option<Arc<Hold>> {
        let hold = self.hold.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
        hold.filter(|hold| !hold.ended.is_over())
    }

    /// The number of the namespace, which is made if it is not there.
    async fn number(&self, client: &Client) -> Result<String, Error> {
        self.create(client).await?;
        let (data, _) = client.get_data(&self.paths.namespace).await?;
        let node: Result<NamespaceNode, _> = serde_json::from_slice(&data);
        let node =
            node.map_err(|error| Error::UnexpectedError(format!("{} cannot be read: {error}", self.paths.namespace)))?;
        Ok(node.number)
    }

    /// Makes the namespace, with all of its parts at once, if it is not there.
    pub(super) async fn create(&self, client: &Client) -> Result<(), Error> {
        if client.check_stat(&self.paths.namespace).await?.is_some() {
            return Ok(());
        }
        let options = options(CreateMode::Persistent, self.store.address.is_private());
        // The standard library keys its hashers from the system's randomness.
        let number = format!("{:016x}", RandomState::new().build_hasher().finish());
        let json = |value: Result<Vec<u8>, serde_json::Error>| value.unwrap_or_default();
        // In one request, so that nobody finds half a namespace.
        let mut writer = client.new_multi_writer();
        let node = json(serde_json::to_vec(&NamespaceNode { number }));
        writer.add_create(&self.paths.namespace, &node, &options)?;
        for path in self.paths.parts() {
            let data = if path == self.paths.epoch {
                json(serde_json::to_vec(&EpochNode::default()))
            } else if path == self.paths.head {
                json(serde_json::to_vec(&Head::default()))
            } else {
                vec![]
            };
            writer.add_create(path, &data, &options)?;
        }
        match writer.commit().await {
            // Somebody else was faster.
            Err(MultiWriteError::OperationFailed {
                source: Error::NodeExists,
                ..
            }) => Ok(()),
            made => Ok(made.map(drop)?),
        }
    }
}
