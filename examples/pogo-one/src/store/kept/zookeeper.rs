//! Stores in ZooKeeper.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};
use pogo_core::Timestamp;
use pogo_core::history::JobHistory;
use pogo_core::journal::{Journal, JournalError};
use pogo_core::output::OutputStore;
use pogo_store::zookeeper::{
    StoredNodes, ZookeeperAddress, ZookeeperDamage, ZookeeperError, ZookeeperInfo, ZookeeperNamespace, ZookeeperOutput,
    ZookeeperOwner, ZookeeperStore,
};
use pogo_store::{Copied, Store};

use super::remote::{RemoteDamage, StoredPart, local_dir};
use super::{KeptNamespace, Migrated, NotServed, RemoteInfo, RemoteNamespace, RemoteOwner, RemoteStore};
use crate::cli::StoreAddress;
use crate::exit::CliError;

/// A store, and where this machine keeps what hosts write.
struct KeptStore {
    store: ZookeeperStore,
    output: PathBuf,
}

/// A namespace of it.
struct Kept {
    namespace: ZookeeperNamespace,
    output: Arc<ZookeeperOutput>,
}

pub(super) async fn open(address: &ZookeeperAddress) -> Result<Box<dyn RemoteStore>, CliError> {
    let output = match address.output() {
        Some(directory) => std::path::absolute(directory).map_err(CliError::usage)?,
        None => local_dir(&StoreAddress::Zookeeper(Box::new(address.clone())))?.join("output"),
    };
    let store = ZookeeperStore::open(address).await.map_err(refused)?;
    Ok(Box::new(KeptStore { store, output }))
}

pub(super) async fn migrate(address: &ZookeeperAddress) -> Result<Migrated, CliError> {
    let migrated = ZookeeperStore::migrate(address).await.map_err(refused)?;
    Ok(Migrated {
        from: migrated.from,
        to: migrated.to,
    })
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

/// The answer to whoever wants to copy such a store, or to it.
pub(super) fn not_copied() -> CliError {
    CliError::usage("stores in ZooKeeper are not copied yet: back up the path of the store with tools of ZooKeeper")
}

impl RemoteStore for KeptStore {
    fn version(&self) -> u32 {
        self.store.version()
    }

    fn namespaces(&self) -> BoxFuture<'_, Result<Vec<String>, CliError>> {
        async { self.store.namespaces().await.map_err(refused) }.boxed()
    }

    fn namespace(&self, name: &str) -> Result<Box<dyn RemoteNamespace>, CliError> {
        let namespace = self.store.namespace(name).map_err(refused)?;
        let output = namespace.output_in(&self.output);
        Ok(Box::new(Kept { namespace, output }))
    }

    fn copy_to_directory<'a>(&'a self, _: &'a Path, _: Timestamp) -> BoxFuture<'a, Result<Copied, CliError>> {
        async { Err(not_copied()) }.boxed()
    }

    fn copy_to<'a>(&'a self, _: &'a StoreAddress, _: Timestamp) -> BoxFuture<'a, Result<Copied, CliError>> {
        async { Err(not_copied()) }.boxed()
    }

    fn copy_from_directory<'a>(&'a self, _: &'a Store) -> BoxFuture<'a, Result<Copied, CliError>> {
        async { Err(not_copied()) }.boxed()
    }
}

impl KeptNamespace for Kept {
    fn journal(&self) -> Arc<dyn Journal> {
        self.namespace.journal()
    }

    fn output(&self) -> Arc<dyn OutputStore> {
        Arc::clone(&self.output) as _
    }

    fn history(&self) -> Arc<dyn JobHistory> {
        Arc::new(self.namespace.clone())
    }

    fn unique_name(&self) -> BoxFuture<'_, Result<String, NotServed>> {
        async { Ok(self.namespace.unique_name().await.map_err(refused)?) }.boxed()
    }
}

impl RemoteNamespace for Kept {
    fn info(&self) -> BoxFuture<'_, Result<RemoteInfo, CliError>> {
        async { self.namespace.info().await.map(RemoteInfo::from).map_err(refused) }.boxed()
    }

    fn check(&self) -> BoxFuture<'_, Result<Vec<RemoteDamage>, CliError>> {
        async {
            let found = self.namespace.check().await.map_err(refused)?;
            Ok(found.into_iter().map(RemoteDamage::from).collect())
        }
        .boxed()
    }
}

impl From<ZookeeperInfo> for RemoteInfo {
    fn from(info: ZookeeperInfo) -> Self {
        let part = |name, StoredNodes { nodes, bytes, .. }| StoredPart {
            name,
            count: nodes,
            bytes,
        };
        Self {
            owner: info.owner.map(RemoteOwner::from),
            waiting: info.waiting.iter().map(ToString::to_string).collect(),
            epoch: info.epoch,
            records: (info.first, info.end),
            newest: info.newest,
            copied_from: info.is_restored.then(|| "another tree".to_owned()),
            parts: vec![
                part("commits", info.commits),
                part("history", info.history),
                part("snapshots", info.snapshots),
                part("content", info.content),
                part("jobs", info.jobs),
                part("pieces", info.pieces),
            ],
        }
    }
}

impl From<ZookeeperOwner> for RemoteOwner {
    fn from(owner: ZookeeperOwner) -> Self {
        Self {
            name: owner.owner.to_string(),
            since: owner.since,
            machine: owner.machine,
            pid: owner.pid,
            owns: owner.owns,
            // A session says that its owner lives, and not when that was heard last.
            seen: None,
        }
    }
}

impl From<ZookeeperDamage> for RemoteDamage {
    fn from(damage: ZookeeperDamage) -> Self {
        Self {
            place: damage.node,
            message: damage.message,
            cure: damage.cure.to_owned(),
        }
    }
}
