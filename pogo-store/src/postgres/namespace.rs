//! One namespace of a store in PostgreSQL.

use std::sync::Arc;

use sqlx::{PgConnection, Row};

use super::error::Failed;
use super::journal::PostgresJournal;
use super::session::within;
use super::store::StoreShared;
use crate::journal::Growth;

/// A namespace of a [`PostgresStore`](super::PostgresStore). Clones are of the same namespace.
#[derive(Debug, Clone)]
pub struct PostgresNamespace {
    shared: Arc<Shared>,
}

/// What all handles of a namespace share within a process.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: Arc<StoreShared>,
    pub(super) name: String,
    pub(super) growth: Growth,
}

impl PostgresNamespace {
    pub(super) fn new(store: Arc<StoreShared>, name: &str) -> Self {
        let shared = Shared {
            store,
            name: name.to_owned(),
            growth: Growth::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Its journal.
    pub fn journal(&self) -> Arc<PostgresJournal> {
        Arc::new(PostgresJournal::new(Arc::clone(&self.shared)))
    }
}

impl Shared {
    /// The number of the namespace; `None` if there is none yet. It is asked each time: a store that was restored has
    /// others.
    pub(super) async fn find(&self, connection: &mut PgConnection) -> Result<Option<i64>, Failed> {
        let statement = sqlx::query("SELECT id FROM namespaces WHERE name = $1").bind(&self.name);
        let row = within(statement.fetch_optional(connection)).await?;
        row.map(|row| Ok(row.try_get(0)?)).transpose()
    }
}
