//! A store: a part of an ensemble's tree.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use zookeeper_client::{Client, CreateMode, Error, MultiWriteError};

use super::error::RequestError;
use super::namespace::ZookeeperNamespace;
use super::session::{Sessions, connect};
use super::store_shared::{StoreShared, unavailable};
use super::tree::{FORMAT, NAMESPACES, options};
use super::{ZookeeperAddress, ZookeeperError};
use crate::namespace::check_name;
use crate::owner::Machine;
use crate::remote::{Failed, Migrated, Runtime};

/// The version of the tree that this program writes and reads.
const VERSION: u32 = 1;

/// Journals and job history in ZooKeeper. Clones are of the same store.
///
/// Opening it takes nothing from anybody: any number of processes may have it open, and
/// [acquiring](pogo_core::journal::Journal::acquire) the journal of a namespace makes one of them its owner. It works
/// on any executor: what waits for the ensemble has a thread of its own.
#[derive(Debug, Clone)]
pub struct ZookeeperStore {
    shared: Arc<StoreShared>,
    /// Handles of one namespace share what its owner has made durable.
    namespaces: Arc<Mutex<BTreeMap<String, ZookeeperNamespace>>>,
}

/// The node that is read first.
#[derive(Serialize, Deserialize)]
struct Format {
    version: u32,
}

impl ZookeeperStore {
    /// Opens a store.
    ///
    /// # Errors
    /// The ensemble cannot be reached or refuses, or there is no store of this version: [`migrate`](Self::migrate)
    /// makes it.
    pub async fn open(address: &ZookeeperAddress) -> Result<Self, ZookeeperError> {
        let runtime = start(address)?;
        let sessions = Sessions::new(address.clone());
        let shared = Arc::new(StoreShared {
            address: address.clone(),
            runtime,
            sessions,
            machine: Machine::this().host,
        });
        let checked = Arc::clone(&shared);
        let check = move || async move { checked.sessions.ask(version).await };
        let version = shared.runtime.run(check).await;
        let version = version.and_then(|version| version);
        match version.map_err(|failed| unavailable(address, failed))? {
            None => Err(ZookeeperError::Missing {
                store: address.to_string(),
            }),
            Some(version) if version > VERSION => Err(newer(address, version)),
            Some(_) => Ok(Self {
                shared,
                namespaces: Arc::default(),
            }),
        }
    }

    /// Makes the store, under the path of its address, or brings that of an earlier version to this one. The path
    /// itself is made where it is not there and whoever logs in has the right to.
    ///
    /// # Errors
    /// The store is of a newer version; the ensemble cannot be reached, or refuses.
    pub async fn migrate(address: &ZookeeperAddress) -> Result<Migrated, ZookeeperError> {
        let migrated = address.clone();
        let migrate = move || async move {
            let client = connect(&migrated).await?;
            let made = make(&client, &migrated).await;
            made.map_err(|error| unavailable(&migrated, error.into()))
        };
        let done: Result<_, Failed> = start(address)?.run(migrate).await;
        let from = done.map_err(|failed| unavailable(address, failed))??;
        match from {
            Some(version) if version > VERSION => Err(newer(address, version)),
            from => Ok(Migrated { from, to: VERSION }),
        }
    }

    /// A namespace, which need not be there yet: it begins with its first owner.
    ///
    /// # Errors
    /// [`ZookeeperError::InvalidName`] if it can have no such name.
    pub fn namespace(&self, name: &str) -> Result<ZookeeperNamespace, ZookeeperError> {
        check_name(name).map_err(|_| ZookeeperError::InvalidName { name: name.to_owned() })?;
        let mut namespaces = self.namespaces.lock().unwrap_or_else(PoisonError::into_inner);
        let namespace = namespaces.entry(name.to_owned());
        let namespace = namespace.or_insert_with(|| ZookeeperNamespace::new(Arc::clone(&self.shared), name));
        Ok(namespace.clone())
    }

    /// The names of all namespaces that ever had an owner.
    ///
    /// # Errors
    /// The ensemble cannot be reached.
    pub async fn namespaces(&self) -> Result<Vec<String>, ZookeeperError> {
        let shared = Arc::clone(&self.shared);
        let asked = move || async move {
            let named = shared.sessions.ask(async |client| {
                client.sync(NAMESPACES).await?;
                client.list_children(NAMESPACES).await
            });
            named.await
        };
        let names = self.shared.runtime.run(asked).await;
        let mut names = names
            .and_then(|names: Result<Vec<String>, Failed>| names)
            .map_err(|failed| unavailable(&self.shared.address, failed))?;
        names.sort();
        Ok(names)
    }

    /// The version of its tree.
    pub fn version(&self) -> u32 {
        VERSION
    }

    /// Its address.
    pub fn address(&self) -> &ZookeeperAddress {
        &self.shared.address
    }
}

/// The version of the store; `None` if there is none.
async fn version(client: &Client) -> Result<Option<u32>, RequestError> {
    // A server that lags has an answer as well, which may be from before the store was made.
    match client.sync("/").await {
        Ok(()) | Err(Error::NoNode) => {}
        Err(error) => return Err(error.into()),
    }
    let data = match client.get_data(FORMAT).await {
        Err(Error::NoNode) => return Ok(None),
        data => data?.0,
    };
    let format: Result<Format, _> = serde_json::from_slice(&data);
    let format = format.map_err(|error| RequestError::Unreadable(format!("{FORMAT} cannot be read: {error}")))?;
    Ok(Some(format.version))
}

/// Makes what is missing of a store. Gives the version that was there.
async fn make(client: &Client, address: &ZookeeperAddress) -> Result<Option<u32>, RequestError> {
    loop {
        if let Some(version) = version(client).await? {
            return Ok(Some(version));
        }
        let options = options(CreateMode::Persistent, address.is_private());
        if client.check_stat("/").await?.is_none() {
            // The path of the store is the root of this client, so it is made as if from outside.
            let outside = client.clone().chroot("/").unwrap_or_else(|same| same);
            outside.mkdir(&address.root, &options).await?;
        }
        let format = format!("{{\"version\":{VERSION}}}");
        let mut writer = client.new_multi_writer();
        writer.add_create(FORMAT, format.as_bytes(), &options)?;
        writer.add_create(NAMESPACES, b"", &options)?;
        match writer.commit().await {
            Ok(_) => return Ok(None),
            // Somebody else was faster.
            Err(MultiWriteError::OperationFailed {
                source: Error::NodeExists,
                ..
            }) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn newer(address: &ZookeeperAddress, version: u32) -> ZookeeperError {
    ZookeeperError::Newer {
        store: address.to_string(),
        version,
        known: VERSION,
    }
}

fn start(address: &ZookeeperAddress) -> Result<Runtime, ZookeeperError> {
    let started = Runtime::start("pogo-store-zookeeper");
    started.map_err(|error| unavailable(address, Failed::before(error.to_string())))
}
