//! Which hosts a database counts in a group.

use pogo_core::fleet::HostName;

use super::Database;
use super::question::Question;
use crate::diagnostic::{Diagnostic, SourceError};
use crate::elsewhere::{elsewhere, to_its_end};

/// A query that answers which hosts `$rolesdb(mysql)` names.
///
/// What stands between the parentheses is the value of the query's only parameter (`?`, or `$1` in PostgreSQL), never
/// part of its text. The first column of the answer is the host's name.
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
    /// The hosts that this query yields.
    pub fn new(database: Database, query: impl Into<String>) -> Self {
        let query = query.into();
        Self { database, query }
    }

    /// The hosts of this group, as the database lists them; it may have none. Waits on this thread.
    ///
    /// # Errors
    ///
    /// As for [`DatabaseSource::read`](super::DatabaseSource::read), but an answer may be empty.
    pub fn ask(&self, group: &str) -> Result<Vec<HostName>, SourceError> {
        let question = Question {
            sql: self.query.clone(),
            values: vec![group.to_owned()],
        };
        let table = to_its_end(question.ask(&self.database))?;
        let name = self.database.name();
        let invalid = |message: String| SourceError::Invalid(vec![Diagnostic::new(&*name, message)]);
        let text = table
            .into_text(&name)
            .map_err(|problem| SourceError::Invalid(vec![problem]))?;
        let mut hosts = Vec::new();
        for row in csv::Reader::from_reader(text.as_bytes()).records() {
            let row = row.map_err(|error| invalid(error.to_string()))?;
            let host = row.get(0).unwrap_or_default();
            hosts.push(HostName::new(host).map_err(|error| invalid(error.to_string()))?);
        }
        Ok(hosts)
    }

    /// The same, for any executor.
    ///
    /// # Errors
    ///
    /// As for [`ask`](Self::ask).
    pub async fn hosts(&self, group: &str) -> Result<Vec<HostName>, SourceError> {
        let (resolver, group) = (self.clone(), group.to_owned());
        elsewhere(move || resolver.ask(&group)).await
    }
}
