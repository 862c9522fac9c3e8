//! Runs queries on a database, within a time limit.

use std::time::Instant;

use pogo_core::inventory::{Diagnostic, InventoryError};

use super::query::{QueryFailure, SqlQuery};
use super::table::Table;
use super::{Database, driver};

/// Runs all queries over one connection, within one time limit. A result has a row for each of the database's,
/// and a header with the columns.
pub(super) async fn ask(questions: &[SqlQuery], database: &Database) -> Result<Vec<Table>, InventoryError> {
    let secret = database.secret()?;
    let deadline = Instant::now() + database.timeout;
    let work = driver::ask(database, secret.as_ref(), questions, deadline);
    let name = database.name();
    match tokio::time::timeout_at(deadline.into(), work).await {
        Ok(Ok(tables)) => Ok(tables),
        Ok(Err(QueryFailure::Wrong(message))) => Err(InventoryError::Invalid(vec![Diagnostic::new(name, message)])),
        // The time limit interrupts a query.
        // A server that stops the query at its own limit says so as an error of its own, in words
        // of that server.
        Ok(Err(QueryFailure::Down(message))) if Instant::now() < deadline => {
            Err(InventoryError::unavailable(name, message))
        }
        Ok(Err(QueryFailure::Down(_))) | Err(_) => {
            let limit = humantime::format_duration(database.timeout);
            Err(InventoryError::unavailable(
                name,
                format!("did not answer within {limit}"),
            ))
        }
    }
}
