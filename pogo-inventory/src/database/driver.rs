//! The supported databases.

use std::time::Instant;

use secrecy::SecretString;

use super::Database;
use super::query::{QueryFailure, SqlQuery};
use super::table::Table;
use crate::lacking::{built_without, database_feature};

/// Connects, runs all queries, and disconnects.
#[allow(unused_variables, reason = "each database uses its part")]
pub(super) async fn ask(
    database: &Database,
    secret: Option<&SecretString>,
    questions: &[SqlQuery],
    deadline: Instant,
) -> Result<Vec<Table>, QueryFailure> {
    match database.scheme() {
        #[cfg(feature = "sqlite")]
        "sqlite" => sqlite::ask(database, questions, deadline).await,
        #[cfg(feature = "postgres")]
        "postgres" | "postgresql" => postgres::ask(database, secret, questions).await,
        #[cfg(feature = "mysql")]
        "mysql" | "mariadb" => mysql::ask(database, secret, questions).await,
        _ if database_feature(database.scheme()).is_some() => {
            let feature = database_feature(database.scheme()).unwrap_or_default();
            Err(QueryFailure::Wrong(built_without("this database", feature)))
        }
        _ => {
            let known: &[&str] = &[
                #[cfg(feature = "sqlite")]
                "sqlite:",
                #[cfg(feature = "postgres")]
                "postgres:",
                #[cfg(feature = "mysql")]
                "mysql:",
            ];
            let message = format!(
                "no such database is known; an address begins with {}",
                known.join(" or ")
            );
            Err(QueryFailure::Wrong(message))
        }
    }
}

/// The message for a value of this SQL type that is neither a text nor an integer.
pub(super) fn misfit<D: sqlx::Database>(column: &str, kind: Option<&D::TypeInfo>) -> String
where
    String: sqlx::Type<D>,
{
    use sqlx::{Type, TypeInfo};

    match kind {
        Some(kind) if String::compatible(kind) => format!("the column `{column}` holds bytes that are not UTF-8 text"),
        kind => {
            let kind = kind.map_or("unknown", TypeInfo::name);
            format!("the column `{column}` is {kind}, neither text nor a whole number; cast it to text")
        }
    }
}

/// Runs a query, accepting texts and these integer types.
macro_rules! answer {
    ($database:ty, $connection:expr, $question:expr, [$($number:ty),*]) => {{
        use futures::TryStreamExt;
        use sqlx::{Column, Either, Executor, Row, Statement, ValueRef};

        let (connection, question): (_, &SqlQuery) = ($connection, $question);
        let statement = connection.prepare(&question.sql).await?;
        let wanted = match statement.parameters() {
            Some(Either::Left(types)) => types.len(),
            Some(Either::Right(count)) => count,
            None => question.values.len(),
        };
        // Asked before: SQLite reads a parameter without a value as `NULL`, and the query would
        // have no rows.
        if wanted != question.values.len() {
            let given = question.values.len();
            return Err(QueryFailure::Wrong(format!("parameters of the query: {wanted}, values given: {given}")));
        }
        let mut table = Table::new(statement.columns().iter().map(Column::name))?;
        let width = statement.columns().len();
        let query = question.values.iter().fold(statement.query(), |query, value| query.bind(value.as_str()));
        let mut rows = query.fetch(connection);
        while let Some(row) = rows.try_next().await? {
            let mut cells = Vec::with_capacity(width);
            for at in 0..width {
                // Text first, which nearly all columns are. The driver refuses a type that does not
                // fit instead of converting it.
                let cell = row.try_get::<Option<String>, _>(at);
                $(let cell = cell.or_else(|_| {
                    let number = row.try_get::<Option<$number>, _>(at);
                    number.map(|number| number.map(|number| number.to_string()))
                });)*
                cells.push(cell.map_err(|_| {
                    // SQLite's columns have values of any type, so the type is taken from the value.
                    let kind = row.try_get_raw(at).ok().map(|raw| raw.type_info().into_owned());
                    let misfit = $crate::database::driver::misfit::<$database>;
                    QueryFailure::Wrong(misfit(row.column(at).name(), kind.as_ref()))
                })?);
            }
            table.push(&cells).map_err(QueryFailure::Wrong)?;
        }
        Ok(table)
    }};
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use std::time::Instant;

    use secrecy::ExposeSecret;
    use sqlx::sqlite::SqliteConnectOptions;
    use sqlx::{ConnectOptions, SqliteConnection};

    use super::{Database, QueryFailure, SqlQuery, Table};

    pub(super) async fn ask(
        database: &Database,
        questions: &[SqlQuery],
        deadline: Instant,
    ) -> Result<Vec<Table>, QueryFailure> {
        let options: SqliteConnectOptions = database.url.expose_secret().parse()?;
        // A path that is wrong would otherwise make an empty database, whose fleet has no hosts.
        let options = options.read_only(true).create_if_missing(false);
        if let Some(kind) = crate::file::special(options.get_filename()) {
            return Err(QueryFailure::Wrong(format!(
                "is {kind}, not a file, and is not waited for"
            )));
        }
        let mut connection = options.connect().await?;
        // The query runs on its own thread, which would go on after a timeout.
        let mut handle = connection.lock_handle().await?;
        // Every ten thousand steps of SQLite: within a millisecond or so, and too rare to slow a
        // query down.
        handle.set_progress_handler(10_000, move || Instant::now() < deadline);
        drop(handle);
        let mut tables = Vec::with_capacity(questions.len());
        for question in questions {
            tables.push(rows(&mut connection, question).await?);
        }
        Ok(tables)
    }

    async fn rows(connection: &mut SqliteConnection, question: &SqlQuery) -> Result<Table, QueryFailure> {
        answer!(sqlx::Sqlite, &mut *connection, question, [i64])
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use secrecy::{ExposeSecret, SecretString};
    use sqlx::postgres::PgConnectOptions;
    use sqlx::{ConnectOptions, Connection, Executor, PgConnection};

    use super::{Database, QueryFailure, SqlQuery, Table};

    pub(super) async fn ask(
        database: &Database,
        secret: Option<&SecretString>,
        questions: &[SqlQuery],
    ) -> Result<Vec<Table>, QueryFailure> {
        let mut options: PgConnectOptions = database.url.expose_secret().parse()?;
        if let Some(secret) = secret {
            options = options.password(secret.expose_secret());
        }
        let mut connection = options.application_name("pogo").connect().await?;
        connection.execute("START TRANSACTION READ ONLY").await?;
        // The server stops at the same limit.
        let limit = format!("SET LOCAL statement_timeout = {}", database.timeout.as_millis().max(1));
        connection.execute(limit.as_str()).await?;
        let mut tables = Vec::with_capacity(questions.len());
        for question in questions {
            tables.push(rows(&mut connection, question).await?);
        }
        connection.close().await?;
        Ok(tables)
    }

    async fn rows(connection: &mut PgConnection, question: &SqlQuery) -> Result<Table, QueryFailure> {
        answer!(sqlx::Postgres, &mut *connection, question, [i64, i32, i16])
    }
}

#[cfg(feature = "mysql")]
mod mysql {
    use secrecy::{ExposeSecret, SecretString};
    use sqlx::mysql::MySqlConnectOptions;
    use sqlx::{ConnectOptions, Connection, Executor, MySqlConnection};

    use super::{Database, QueryFailure, SqlQuery, Table};

    pub(super) async fn ask(
        database: &Database,
        secret: Option<&SecretString>,
        questions: &[SqlQuery],
    ) -> Result<Vec<Table>, QueryFailure> {
        let mut options: MySqlConnectOptions = database.url.expose_secret().parse()?;
        if let Some(secret) = secret {
            options = options.password(secret.expose_secret());
        }
        let mut connection = options.connect().await?;
        connection.execute("START TRANSACTION READ ONLY").await?;
        // As for PostgreSQL. MySQL has one setting, MariaDB the other, old servers neither.
        let limit = format!(
            "SET SESSION max_execution_time = {}",
            database.timeout.as_millis().max(1)
        );
        if connection.execute(limit.as_str()).await.is_err() {
            let limit = format!(
                "SET SESSION max_statement_time = {:.3}",
                database.timeout.as_secs_f64().max(0.001)
            );
            let _ = connection.execute(limit.as_str()).await;
        }
        let mut tables = Vec::with_capacity(questions.len());
        for question in questions {
            tables.push(rows(&mut connection, question).await?);
        }
        connection.close().await?;
        Ok(tables)
    }

    async fn rows(connection: &mut MySqlConnection, question: &SqlQuery) -> Result<Table, QueryFailure> {
        answer!(sqlx::MySql, &mut *connection, question, [i64, u64])
    }
}
