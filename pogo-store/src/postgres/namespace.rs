//! One namespace of a store in PostgreSQL.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use futures::future::LocalBoxFuture;
use sqlx::{PgConnection, Row};

use super::PostgresError;
use super::acquire::create;
use super::check::check;
use super::hold::Hold;
use super::info::info;
use super::journal::PostgresJournal;
use super::output::PostgresOutput;
use super::server_identity::ServerIdentity;
use super::session::connect_to_write;
use super::store::{StoreShared, unavailable};
use super::within::within;
use crate::journal::Growth;
use crate::remote::{Failed, RemoteDamage, RemoteInfo};

/// A namespace of a [`PostgresStore`](super::PostgresStore). Clones are of the same namespace.
#[derive(Debug, Clone)]
pub struct PostgresNamespace {
    shared: Arc<Shared>,
}

/// The number of a namespace, which is made if it is not there.
async fn number_of(connection: &mut PgConnection, name: &str, server: &ServerIdentity) -> Result<String, Failed> {
    create(connection, name, server).await?;
    let statement = sqlx::query("SELECT number FROM namespaces WHERE name = $1").bind(name);
    Ok(within(statement.fetch_one(connection)).await?.try_get(0)?)
}

/// What all handles of a namespace share within a process.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: Arc<StoreShared>,
    pub(super) name: String,
    pub(super) growth: Growth,
    /// The ownership of this process, if it has it.
    hold: Mutex<Weak<Hold>>,
}

impl PostgresNamespace {
    pub(super) fn new(store: Arc<StoreShared>, name: &str) -> Self {
        let shared = Shared {
            store,
            name: name.to_owned(),
            growth: Growth::default(),
            hold: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Its journal.
    pub fn journal(&self) -> Arc<PostgresJournal> {
        Arc::new(PostgresJournal::new(Arc::clone(&self.shared)))
    }

    /// What its hosts wrote.
    pub fn output(&self) -> Arc<PostgresOutput> {
        Arc::new(PostgresOutput::new(Arc::clone(&self.shared)))
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

    /// What it has, who owns it and who waits, beside an owner too.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn info(&self) -> Result<RemoteInfo, PostgresError> {
        self.ask(|connection, name| Box::pin(info(connection, name))).await
    }

    /// Reads everything that it has, and says what is not as it was written; beside an owner too. Takes as long as
    /// reading all of it.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn check(&self) -> Result<Vec<RemoteDamage>, PostgresError> {
        self.ask(|connection, name| Box::pin(check(connection, name))).await
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

    /// The number of the namespace; `None` if there is none yet. It is asked each time: a store that was restored has
    /// others.
    pub(super) async fn find(&self, connection: &mut PgConnection) -> Result<Option<i64>, Failed> {
        let statement = sqlx::query("SELECT id FROM namespaces WHERE name = $1").bind(&self.name);
        let row = within(statement.fetch_optional(connection)).await?;
        row.map(|row| Ok(row.try_get(0)?)).transpose()
    }
}
