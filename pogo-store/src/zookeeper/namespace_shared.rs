//! What all handles of a namespace share within a process.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use zookeeper_client::{Client, CreateMode, Error, MultiWriteError};

use super::error::RequestError;
use super::head::Head;
use super::history::KnownJobs;
use super::holder::{EpochNode, NamespaceNode};
use super::owner_writer::OwnerWriter;
use super::store_shared::StoreShared;
use super::tree::{Paths, options};
use crate::journal::Growth;
#[cfg(feature = "object-store")]
use crate::objects::ObjectOwner;

/// How long the end of an ownership waits for what is not stored yet.
#[cfg(feature = "object-store")]
const CLOSE_WITHIN: std::time::Duration = std::time::Duration::from_secs(1);

/// What all handles of a namespace share within a process.
#[derive(Debug)]
pub(super) struct NamespaceShared {
    pub(super) store: Arc<StoreShared>,
    pub(super) name: String,
    pub(super) paths: Paths,
    pub(super) growth: Growth,
    /// The list of jobs, as far as this process has read.
    pub(super) jobs: tokio::sync::Mutex<KnownJobs>,
    /// The owner, if it is in this process.
    owner: Mutex<Weak<OwnerWriter>>,
    /// What stores its output before the namespace is given back.
    #[cfg(feature = "object-store")]
    outputs: Mutex<Vec<ObjectOwner>>,
}

impl NamespaceShared {
    pub(super) fn new(store: Arc<StoreShared>, name: &str) -> Self {
        Self {
            store,
            name: name.to_owned(),
            paths: Paths::of(name),
            growth: Growth::default(),
            jobs: tokio::sync::Mutex::default(),
            owner: Mutex::default(),
            #[cfg(feature = "object-store")]
            outputs: Mutex::default(),
        }
    }

    /// Has everything stored that this one has in memory, before the namespace is given back.
    #[cfg(feature = "object-store")]
    pub(super) fn close_before_end(&self, output: ObjectOwner) {
        self.outputs.lock().unwrap_or_else(PoisonError::into_inner).push(output);
    }

    /// Stores what is in memory.
    #[cfg(feature = "object-store")]
    pub(super) async fn close_outputs(&self) {
        let outputs = std::mem::take(&mut *self.outputs.lock().unwrap_or_else(PoisonError::into_inner));
        let closed = futures::future::join_all(outputs.iter().map(ObjectOwner::close));
        // A store that is away does not keep others from the namespace.
        let _ = tokio::time::timeout(CLOSE_WITHIN, closed).await;
    }

    /// This process owns the namespace.
    pub(super) fn set_owner(&self, owner: &Arc<OwnerWriter>) {
        *self.owner.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(owner);
    }

    /// The owner, if it is in this process.
    pub(super) fn owner(&self) -> Option<Arc<OwnerWriter>> {
        let owner = self.owner.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
        owner.filter(|owner| !owner.ended.is_over())
    }

    /// The number of the namespace, which is made if it is not there.
    pub(super) async fn number(&self, client: &Client) -> Result<String, RequestError> {
        self.create(client).await?;
        let (data, _) = client.get_data(&self.paths.namespace).await?;
        let node: Result<NamespaceNode, _> = serde_json::from_slice(&data);
        let node = node
            .map_err(|error| RequestError::Unreadable(format!("{} cannot be read: {error}", self.paths.namespace)))?;
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
