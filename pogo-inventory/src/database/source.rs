//! Hosts and tags from a query.

use async_trait::async_trait;
use pogo_core::inventory::{Diagnostic, Inventory, InventoryError, Listing};

use super::Database;
use super::ask::ask;
use super::query::SqlQuery;
use crate::blocking::{block_on, spawn_blocking};
use crate::table::{Format, Mapping, TableFile};

/// A database query that returns rows of host and tag.
///
/// A host may have any number of rows, and has all their tags; further columns may have connection settings, as the
/// [`Mapping`] says. [`DatabaseSource::mapping`] is for columns named `host` and `tag`. Columns are texts or integers;
/// cast others in the query. Messages show rows as lines of CSV, the first row in line 2.
///
/// ```no_run
/// use pogo_inventory::{Database, DatabaseSource};
///
/// let database = Database::new("postgres://pogo@db.example.com/assets?sslmode=verify-full")
///     .password_from_file("/run/secrets/assets");
/// let query = "SELECT host, tag, address, port FROM roles JOIN hosts USING (host) WHERE site = $1";
/// let source = DatabaseSource::new(database, query, DatabaseSource::mapping()).bind("east");
/// let fleet = source.read()?.fleet.build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct DatabaseSource {
    database: Database,
    question: SqlQuery,
    mapping: Mapping,
}

impl DatabaseSource {
    /// An inventory from this query, with a mapping of its columns.
    pub fn new(database: Database, query: impl Into<String>, mapping: Mapping) -> Self {
        Self {
            database,
            question: SqlQuery {
                sql: query.into(),
                values: Vec::new(),
            },
            mapping,
        }
    }

    /// A mapping with the host's name in `host`, its tag in `tag`, and connection settings in `address`, `port` and
    /// `user`.
    pub fn mapping() -> Mapping {
        Mapping::named_by("host").tags("tag")
    }

    /// Binds a text to the query's next parameter (`?`, or `$1` in PostgreSQL).
    pub fn bind(mut self, value: impl Into<String>) -> Self {
        self.question.values.push(value.into());
        self
    }

    /// Runs the query. Blocks.
    ///
    /// # Errors
    ///
    /// [`InventoryError::Unavailable`] when it cannot be reached or doesn't answer in time; [`InventoryError::Invalid`]
    /// when it refuses the query, or when the result is invalid or has no rows.
    pub fn read(&self) -> Result<Listing, InventoryError> {
        let questions = std::slice::from_ref(&self.question);
        let tables = block_on(ask(questions, &self.database))?;
        let name = self.database.name();
        let Some(table) = tables.into_iter().next().filter(|table| table.rows > 0) else {
            let problem = Diagnostic::new(name, "the query yields no rows");
            let hint = "a fleet without hosts is no fleet; is it the right query?";
            return Err(InventoryError::Invalid(vec![problem.with_hint(hint)]));
        };
        let text = table
            .into_text(&name)
            .map_err(|problem| InventoryError::Invalid(vec![problem]))?;
        TableFile::parse(name, &text, Format::Csv, &self.mapping)
    }
}

#[async_trait]
impl Inventory for DatabaseSource {
    fn name(&self) -> String {
        self.database.name()
    }

    async fn load(&self) -> Result<Listing, InventoryError> {
        let source = self.clone();
        spawn_blocking(move || source.read()).await
    }
}
