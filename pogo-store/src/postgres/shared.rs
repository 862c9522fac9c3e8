//! What handles of a store, and of a namespace, share within a process.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::{PgConnection, Row};

use super::pool::Pool;
use super::replica::Replica;
use super::within::within;
use super::{Heartbeat, PostgresAddress, PostgresError};
use crate::Retention;
use crate::journal::Growth;
use crate::remote::{Failed, Runtime};

/// What all namespaces of a store share within a process.
#[derive(Debug)]
pub(super) struct StoreShared {
    pub(super) address: PostgresAddress,
    pub(super) runtime: Runtime,
    pub(super) pool: Pool,
    /// What is asked for the history, where the address names one.
    pub(super) replica: Option<Replica>,
    pub(super) heartbeat: Heartbeat,
    /// The name of this machine, for people.
    pub(super) machine: String,
}

/// What all handles of a namespace share within a process.
#[derive(Debug)]
pub(super) struct NamespaceShared {
    pub(super) store: Arc<StoreShared>,
    pub(super) name: String,
    pub(super) growth: Growth,
    retention: Mutex<Option<Retention>>,
}

impl NamespaceShared {
    pub(super) fn new(store: Arc<StoreShared>, name: &str) -> Self {
        Self {
            store,
            name: name.to_owned(),
            growth: Growth::default(),
            retention: Mutex::new(Some(Retention::default())),
        }
    }

    /// What an owner keeps; `None` if nothing expires.
    pub(super) fn retention(&self) -> Option<Retention> {
        *self.retention.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_retention(&self, retention: Option<Retention>) {
        *self.retention.lock().unwrap_or_else(PoisonError::into_inner) = retention;
    }

    /// The number of the namespace; `None` if there is none yet. It is asked each time: a store that was restored has
    /// others.
    pub(super) async fn find(&self, connection: &mut PgConnection) -> Result<Option<i64>, Failed> {
        let statement = sqlx::query("SELECT id FROM namespaces WHERE name = $1").bind(&self.name);
        let row = within(statement.fetch_optional(connection)).await?;
        row.map(|row| Ok(row.try_get(0)?)).transpose()
    }
}

pub(super) fn unavailable(address: &PostgresAddress, failed: Failed) -> PostgresError {
    PostgresError::Unavailable {
        store: address.to_string(),
        message: failed.message,
    }
}
