//! One question to a database, within limits.

use std::time::Instant;

use pogo_core::inventory::{Diagnostic, InventoryError};

use super::table::Table;
use super::{Database, driver};

/// A query and the values of its parameters, which are never part of its text.
#[derive(Debug, Clone)]
pub(super) struct SqlQuery {
    pub(super) sql: String,
    pub(super) values: Vec<String>,
}

/// Why there is no answer.
pub(super) enum QueryFailure {
    /// It may go better later.
    Down(String),
    /// It will not.
    Wrong(String),
}

impl SqlQuery {
    /// Asks all of them through one connection, within one time limit. An answer has a row for each of the database's,
    /// and names its columns.
    pub(super) async fn ask(questions: &[Self], database: &Database) -> Result<Vec<Table>, InventoryError> {
        let secret = database.secret()?;
        let deadline = Instant::now() + database.timeout;
        let work = driver::ask(database, secret.as_ref(), questions, deadline);
        let name = database.name();
        match tokio::time::timeout_at(deadline.into(), work).await {
            Ok(Ok(tables)) => Ok(tables),
            Ok(Err(QueryFailure::Wrong(message))) => Err(InventoryError::Invalid(vec![Diagnostic::new(name, message)])),
            // An interrupted query is the limit at work.
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
}

impl From<sqlx::Error> for QueryFailure {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(said) => match said.code().as_deref() {
                // What the database says about the query: it stays wrong. PostgreSQL counts syntax and rights in class
                // 42, data in 22; MySQL says 42000 and 42S02; SQLite says 1.
                Some(code) if code == "1" || code.starts_with("42") || code.starts_with("22") => {
                    Self::Wrong(format!("refuses the query: {}", said.message()))
                }
                _ => Self::Down(said.message().to_owned()),
            },
            sqlx::Error::Configuration(reason) => Self::Wrong(format!("the address is invalid: {reason}")),
            sqlx::Error::Io(reason) => Self::Down(format!("cannot be reached: {reason}")),
            other => Self::Down(other.to_string()),
        }
    }
}

impl From<csv::Error> for QueryFailure {
    fn from(error: csv::Error) -> Self {
        Self::Wrong(error.to_string())
    }
}
