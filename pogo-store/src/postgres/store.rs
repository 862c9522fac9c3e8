//! A store: tables in a database.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::{PgConnection, Row};

use super::migration;
use super::namespace::PostgresNamespace;
use super::pool::Pool;
use super::replica::Replica;
use super::session::connect;
use super::shared::{StoreShared, unavailable};
use super::within::within;
use super::{Heartbeat, PostgresAddress, PostgresError};
use crate::namespace::check_name;
use crate::owner::Machine;
use crate::remote::{Failed, Migrated, Runtime};

/// Journals, output and history in PostgreSQL. Clones are of the same store.
///
/// Opening it takes nothing from anybody: any number of processes may have it open, and
/// [acquiring](pogo_core::journal::Journal::acquire) the journal of a namespace makes one of them its owner. It works
/// on any executor: what waits for the database has a thread of its own.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    shared: Arc<StoreShared>,
    /// Handles of one namespace share what its owner has made durable.
    namespaces: Arc<Mutex<BTreeMap<String, PostgresNamespace>>>,
}

impl PostgresStore {
    /// Opens a store, with the default [heartbeat](Heartbeat) of its owners.
    ///
    /// # Errors
    /// The database cannot be reached, is set up in a way that loses what was acknowledged, or has no tables of this
    /// version: [`migrate`](Self::migrate) makes them.
    pub async fn open(address: &PostgresAddress) -> Result<Self, PostgresError> {
        Self::open_with(address, Heartbeat::default()).await
    }

    /// Opens a store whose owners have this heartbeat.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_with(address: &PostgresAddress, heartbeat: Heartbeat) -> Result<Self, PostgresError> {
        let runtime = start(address)?;
        let checked = address.clone();
        let check = move || async move {
            let mut connection = connect(&checked, "pogo").await?;
            migration::check(&mut connection, &checked).await
        };
        runtime
            .run(check)
            .await
            .map_err(|failed| unavailable(address, failed))??;
        let shared = StoreShared {
            address: address.clone(),
            runtime,
            pool: Pool::new(address.clone()),
            replica: address.history().map(Replica::new),
            heartbeat,
            machine: Machine::this().host,
        };
        Ok(Self {
            shared: Arc::new(shared),
            namespaces: Arc::default(),
        })
    }

    /// Makes the tables of a store, or brings those of an earlier version to this one, in as few transactions as there
    /// are versions between. Nobody may use the store meanwhile. The role has to own the schema, or to have the right
    /// to create it in the database.
    ///
    /// # Errors
    /// The tables are of a newer version; the database cannot be reached, or refuses.
    pub async fn migrate(address: &PostgresAddress) -> Result<Migrated, PostgresError> {
        let migrated = address.clone();
        let migrate = move || async move {
            let connection = connect(&migrated, "pogo migrate").await?;
            migration::migrate(connection, &migrated).await
        };
        let done = start(address)?.run(migrate).await;
        done.map_err(|failed| unavailable(address, failed))?
    }

    /// A namespace, which need not be there yet: it begins with its first owner.
    ///
    /// # Errors
    /// [`PostgresError::InvalidName`] if it can have no such name.
    pub fn namespace(&self, name: &str) -> Result<PostgresNamespace, PostgresError> {
        check_name(name).map_err(|_| PostgresError::InvalidName { name: name.to_owned() })?;
        let mut namespaces = self.namespaces.lock().unwrap_or_else(PoisonError::into_inner);
        let namespace = namespaces.entry(name.to_owned());
        let namespace = namespace.or_insert_with(|| PostgresNamespace::new(Arc::clone(&self.shared), name));
        Ok(namespace.clone())
    }

    /// The names of all namespaces that ever had an owner.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn namespaces(&self) -> Result<Vec<String>, PostgresError> {
        let shared = Arc::clone(&self.shared);
        let asked = move || async move {
            let mut pooled = shared.pool.get().await?;
            let names = names(&mut pooled).await;
            pooled.done(names)
        };
        let names = self.shared.runtime.run(asked).await;
        names
            .and_then(|names| names)
            .map_err(|failed| unavailable(&self.shared.address, failed))
    }

    pub(super) fn shared(&self) -> &Arc<StoreShared> {
        &self.shared
    }

    /// The version of its tables, which is that of this crate.
    pub fn version(&self) -> u32 {
        migration::known_version()
    }

    /// Its address.
    pub fn address(&self) -> &PostgresAddress {
        &self.shared.address
    }
}

/// Those that are being written by a copy have names that begin otherwise.
async fn names(connection: &mut PgConnection) -> Result<Vec<String>, Failed> {
    let rows = sqlx::query("SELECT name FROM namespaces WHERE name NOT LIKE '~%' ORDER BY name").fetch_all(connection);
    within(rows).await?.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

fn start(address: &PostgresAddress) -> Result<Runtime, PostgresError> {
    Runtime::start("pogo-store-postgres").map_err(|error| unavailable(address, Failed::before(error.to_string())))
}
