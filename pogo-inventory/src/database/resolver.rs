//! A tag resolver that asks a database.

use async_trait::async_trait;
use pogo_core::dispatcher::{ResolverError, TagResolver};
use pogo_core::fleet::HostName;
use pogo_core::inventory::{Diagnostic, InventoryError};

use super::Database;
use super::ask::ask;
use super::query::SqlQuery;
use super::table::Table;
use crate::blocking::{block_on, spawn_blocking};

/// Resolves `$rolesdb(mysql)` with a query.
///
/// The text in parentheses is the value of the query's only parameter (`?`, or `$1` in PostgreSQL), never
/// part of its text. The first column of the result is the host's name. As a [`TagResolver`] it runs all queries
/// over one connection.
///
/// ```no_run
/// use pogo_inventory::{Database, DatabaseResolver};
///
/// let database = Database::new("sqlite:/var/lib/assets.db");
/// let rolesdb = DatabaseResolver::new(database, "SELECT host FROM roles WHERE tag = ?");
/// for host in rolesdb.ask("mysql")? {
///     println!("{host}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct DatabaseResolver {
    database: Database,
    query: String,
}

impl DatabaseResolver {
    /// A resolver with this query.
    pub fn new(database: Database, query: impl Into<String>) -> Self {
        let query = query.into();
        Self { database, query }
    }

    /// The hosts of this group in the database's order; it may have none. Blocks.
    ///
    /// # Errors
    ///
    /// As for [`DatabaseSource::read`](super::DatabaseSource::read), but the result may be empty.
    pub fn ask(&self, group: &str) -> Result<Vec<HostName>, InventoryError> {
        let mut tables = self.tables(&[group.to_owned()])?;
        tables.pop().map_or(Ok(Vec::new()), |table| self.hosts(table))
    }

    fn tables(&self, groups: &[String]) -> Result<Vec<Table>, InventoryError> {
        let query = |group: &String| SqlQuery {
            sql: self.query.clone(),
            values: vec![group.clone()],
        };
        let queries: Vec<SqlQuery> = groups.iter().map(query).collect();
        block_on(ask(&queries, &self.database))
    }

    fn hosts(&self, table: Table) -> Result<Vec<HostName>, InventoryError> {
        let name = self.database.name();
        let invalid = |message: String| InventoryError::Invalid(vec![Diagnostic::new(&*name, message)]);
        let text = table
            .into_text(&name)
            .map_err(|problem| InventoryError::Invalid(vec![problem]))?;
        let mut hosts = Vec::new();
        for row in csv::Reader::from_reader(text.as_bytes()).records() {
            // Extra columns are passed over, so that a query may have one to sort by.
            let row = row.map_err(|error| invalid(error.to_string()))?;
            let host = row.get(0).unwrap_or_default();
            hosts.push(HostName::new(host).map_err(|error| invalid(error.to_string()))?);
        }
        Ok(hosts)
    }
}

#[async_trait]
impl TagResolver for DatabaseResolver {
    async fn resolve(&self, groups: &[String]) -> Result<Vec<Vec<HostName>>, ResolverError> {
        let (resolver, asked) = (self.clone(), groups.to_owned());
        let tables = spawn_blocking(move || resolver.tables(&asked)).await;
        // A wrong query fails for every group, so the error names the first.
        let first = groups.first().map(String::as_str).unwrap_or_default();
        let tables = tables.map_err(|error| refusal(error, first))?;
        let hosts = |(table, group): (_, &String)| self.hosts(table).map_err(|error| refusal(error, group));
        tables.into_iter().zip(groups).map(hosts).collect()
    }
}

fn refusal(error: InventoryError, group: &str) -> ResolverError {
    let message = error.to_string();
    match error {
        InventoryError::Unavailable(_) => ResolverError::Unavailable { message },
        _ => ResolverError::Refused {
            args: group.to_owned(),
            message,
        },
    }
}
