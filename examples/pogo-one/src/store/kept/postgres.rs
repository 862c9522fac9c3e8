//! Stores in PostgreSQL.

use std::path::Path;
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};
use pogo_core::Timestamp;
use pogo_core::history::JobHistory;
use pogo_core::journal::{Journal, JournalError};
use pogo_core::output::OutputStore;
use pogo_store::postgres::{
    PostgresAddress, PostgresDamage, PostgresError, PostgresInfo, PostgresNamespace, PostgresOwner, PostgresStore,
    StoredRows,
};
use pogo_store::{Copied, Store};

use super::remote::{RemoteDamage, StoredPart};
use super::{KeptNamespace, Migrated, NotServed, RemoteInfo, RemoteNamespace, RemoteOwner, RemoteStore};
use crate::cli::StoreAddress;
use crate::exit::CliError;

pub(super) async fn open(address: &PostgresAddress) -> Result<Box<dyn RemoteStore>, CliError> {
    let store = PostgresStore::open(address).await.map_err(refused)?;
    Ok(Box::new(store))
}

pub(super) async fn migrate(address: &PostgresAddress) -> Result<Migrated, CliError> {
    let migrated = PostgresStore::migrate(address).await.map_err(refused)?;
    Ok(Migrated {
        from: migrated.from,
        to: migrated.to,
    })
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

    fn copy_to_directory<'a>(&'a self, to: &'a Path, now: Timestamp) -> BoxFuture<'a, Result<Copied, CliError>> {
        async move { self.copy_to_directory(to, now).await.map_err(refused) }.boxed()
    }

    fn copy_to<'a>(&'a self, to: &'a StoreAddress, now: Timestamp) -> BoxFuture<'a, Result<Copied, CliError>> {
        async move {
            match to {
                StoreAddress::Postgres(to) => {
                    let target = Self::open(to).await.map_err(refused)?;
                    target.copy_from_postgres(self, now).await.map_err(refused)
                }
                #[cfg(feature = "zookeeper")]
                StoreAddress::Zookeeper(_) => Err(super::zookeeper::not_copied()),
            }
        }
        .boxed()
    }

    fn copy_from_directory<'a>(&'a self, from: &'a Store) -> BoxFuture<'a, Result<Copied, CliError>> {
        async move { self.copy_from_directory(from).await.map_err(refused) }.boxed()
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
        async { self.info().await.map(RemoteInfo::from).map_err(refused) }.boxed()
    }

    fn check(&self) -> BoxFuture<'_, Result<Vec<RemoteDamage>, CliError>> {
        async {
            let found = self.check().await.map_err(refused)?;
            Ok(found.into_iter().map(RemoteDamage::from).collect())
        }
        .boxed()
    }
}

impl From<PostgresInfo> for RemoteInfo {
    fn from(info: PostgresInfo) -> Self {
        let part = |name, StoredRows { rows, bytes, .. }| StoredPart {
            name,
            count: rows,
            bytes,
        };
        Self {
            owner: info.owner.map(RemoteOwner::from),
            waiting: info.waiting.iter().map(ToString::to_string).collect(),
            epoch: info.epoch,
            records: (info.first, info.end),
            newest: info.newest,
            copied_from: info.copied_from,
            parts: vec![
                part("commits", info.commits),
                part("history", info.history),
                part("snapshots", info.snapshots),
                part("content", info.content),
                part("jobs", info.jobs),
                part("output", info.output),
            ],
        }
    }
}

impl From<PostgresOwner> for RemoteOwner {
    fn from(owner: PostgresOwner) -> Self {
        Self {
            name: owner.owner.to_string(),
            since: owner.since,
            machine: owner.machine,
            pid: owner.pid,
            owns: owner.owns,
            seen: owner.counted,
        }
    }
}

impl From<PostgresDamage> for RemoteDamage {
    fn from(damage: PostgresDamage) -> Self {
        Self {
            place: damage.table.to_owned(),
            message: damage.message,
            cure: damage.cure.to_owned(),
        }
    }
}
