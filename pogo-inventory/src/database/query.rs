//! One query to a database, and its errors.

/// A query and the values of its parameters, which are never part of its text.
#[derive(Debug, Clone)]
pub(super) struct SqlQuery {
    pub(super) sql: String,
    pub(super) values: Vec<String>,
}

/// Why a query failed.
pub(super) enum QueryFailure {
    /// A temporary failure.
    Down(String),
    /// A permanent failure.
    Wrong(String),
}

impl From<sqlx::Error> for QueryFailure {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(said) => match said.code().as_deref() {
                // Errors of the query itself are permanent. PostgreSQL has syntax and privileges in class
                // 42, data in 22; MySQL has 42000 and 42S02; SQLite has 1.
                Some(code) if code == "1" || code.starts_with("42") || code.starts_with("22") => {
                    Self::Wrong(format!("refuses the query: {}", said.message()))
                }
                // In doubt it may pass: a watch goes on with the fleet that it has, instead of
                // giving up.
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
