//! One namespace of a store in PostgreSQL.

use std::sync::Arc;

use futures::future::LocalBoxFuture;
use pogo_core::journal::OwnerId;
use sqlx::{PgConnection, Row};

use super::acquire::create;
use super::check::check;
use super::expiry::expire;
use super::follower;
use super::hold::OwnershipSlot;
use super::info::{info, ownership};
use super::journal::PostgresJournal;
use super::output::PostgresOutput;
use super::server_identity::ServerIdentity;
use super::session::connect_to_write;
use super::shared::{NamespaceShared, StoreShared, unavailable};
use super::within::within;
use super::{DroppedPart, PostgresError};
use crate::Retention;
use crate::remote::{Failed, FollowerRegistration, RemoteDamage, RemoteInfo, RemoteOwnership};

/// A namespace of a [`PostgresStore`](super::PostgresStore). Clones are of the same namespace.
#[derive(Debug, Clone)]
pub struct PostgresNamespace {
    shared: Arc<NamespaceShared>,
    ownership: Arc<OwnershipSlot>,
}

/// The number of a namespace, which is made if it is not there.
async fn number_of(connection: &mut PgConnection, name: &str, server: &ServerIdentity) -> Result<String, Failed> {
    create(connection, name, server).await?;
    let statement = sqlx::query("SELECT number FROM namespaces WHERE name = $1").bind(name);
    Ok(within(statement.fetch_one(connection)).await?.try_get(0)?)
}

impl PostgresNamespace {
    pub(super) fn new(store: Arc<StoreShared>, name: &str) -> Self {
        Self {
            shared: Arc::new(NamespaceShared::new(store, name)),
            ownership: Arc::default(),
        }
    }

    /// Its journal.
    pub fn journal(&self) -> Arc<PostgresJournal> {
        Arc::new(PostgresJournal::new(
            Arc::clone(&self.shared),
            Arc::clone(&self.ownership),
        ))
    }

    /// What its hosts wrote.
    pub fn output(&self) -> Arc<PostgresOutput> {
        Arc::new(PostgresOutput::new(
            Arc::clone(&self.shared),
            Arc::clone(&self.ownership),
        ))
    }

    /// A name that no namespace of another store has: its own and a random number, as in `default-1f0c22ab95d3e604`. A
    /// copy of it has the same.
    ///
    /// It is for [`DispatcherBuilder::namespace`](pogo_core::dispatcher::DispatcherBuilder::namespace): hosts remember
    /// the last attempt of each namespace, and would refuse those of another store's `default`, which counts for
    /// itself.
    ///
    /// # Errors
    /// The database cannot be reached, or is a standby.
    pub async fn unique_name(&self) -> Result<String, PostgresError> {
        let shared = Arc::clone(&self.shared);
        let asked = move || async move {
            let (mut connection, server) = connect_to_write(&shared.store.address, "pogo").await?;
            let number = number_of(&mut connection, &shared.name, &server).await;
            let number = number.map_err(|failed| unavailable(&shared.store.address, failed))?;
            Ok(format!("{}-{number}", shared.name))
        };
        let address = &self.shared.store.address;
        let named = self.shared.store.runtime.run(asked).await;
        named.map_err(|failed| unavailable(address, failed))?
    }

    /// Registers this process as a follower, so that the owner writes no format of records that this version does not
    /// read. A process that [waits](pogo_core::journal::Acquire::Wait) to take over is registered by that.
    pub fn follow_as(&self, who: OwnerId) -> FollowerRegistration {
        follower::register(&self.shared, who)
    }

    /// What it has, who owns it and who waits, beside an owner too.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn info(&self) -> Result<RemoteInfo, PostgresError> {
        self.ask(|connection, name| Box::pin(info(connection, name))).await
    }

    /// Who owns it and who waits, beside an owner too. It costs the same however much the namespace has.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn ownership(&self) -> Result<RemoteOwnership, PostgresError> {
        self.ask(|connection, name| Box::pin(ownership(connection, name))).await
    }

    /// Reads everything that it has, and says what is not as it was written; beside an owner too. Takes as long as
    /// reading all of it.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn check(&self) -> Result<Vec<RemoteDamage>, PostgresError> {
        self.ask(|connection, name| Box::pin(check(connection, name))).await
    }

    /// Sets what an owner keeps: each day it drops the days of output and the months of events that are older, where
    /// nothing of them is of a job that is not over. `None` keeps all. Limits of bytes do not apply: the disk is the
    /// server's.
    pub fn set_retention(&self, retention: Option<Retention>) {
        self.shared.set_retention(retention);
    }

    /// Drops now what an owner drops each day, whoever owns it. Gives what was dropped.
    ///
    /// # Errors
    /// The database cannot be reached, or is a standby.
    pub async fn prune(&self, retention: Retention) -> Result<Vec<DroppedPart>, PostgresError> {
        let shared = Arc::clone(&self.shared);
        self.ask(move |connection, _| {
            Box::pin(async move {
                match shared.find(connection).await? {
                    Some(namespace) => expire(connection, namespace, retention).await,
                    None => Ok(vec![]),
                }
            })
        })
        .await
    }

    /// Asks over one of the connections that anybody may use.
    pub(super) async fn ask<T, F>(&self, ask: F) -> Result<T, PostgresError>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut PgConnection, &'a str) -> LocalBoxFuture<'a, Result<T, Failed>> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        let asked = move || async move {
            let mut pooled = shared.store.pool.get().await?;
            let answer = ask(&mut pooled, &shared.name).await;
            pooled.done(answer)
        };
        let answer = self.shared.store.runtime.run(asked).await;
        let answer = answer.and_then(|answer| answer);
        answer.map_err(|failed| unavailable(&self.shared.store.address, failed))
    }

    pub(super) fn shared(&self) -> &Arc<NamespaceShared> {
        &self.shared
    }
}
