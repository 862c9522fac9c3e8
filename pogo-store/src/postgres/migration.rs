//! The tables, and their versions.

use sqlx::{Connection, PgConnection, Row};

use super::quoted::quoted;
use super::within::within;
use super::{PostgresAddress, PostgresError};
use crate::remote::{Failed, Migrated};

/// Each makes of the tables of the version before it those of its own. What was released is never changed.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
];

/// The version that this program needs.
pub(super) fn known_version() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// The version of the tables; `None` if there are none.
pub(super) async fn version(connection: &mut PgConnection, schema: &str) -> Result<Option<u32>, Failed> {
    let table = format!("{}.migrations", quoted(schema));
    // `to_regclass` answers without an error where a table is missing; an error would end a
    // transaction around this.
    let there = sqlx::query("SELECT to_regclass($1) IS NOT NULL").bind(&table);
    if !within(there.fetch_one(&mut *connection)).await?.try_get(0)? {
        return Ok(None);
    }
    let version = sqlx::query("SELECT max(version) FROM migrations");
    let version: Option<i32> = within(version.fetch_one(connection)).await?.try_get(0)?;
    Ok(version.and_then(|version| u32::try_from(version).ok()))
}

/// The oldest version that can use these tables, which are of a version that this program does not know.
async fn oldest_user(connection: &mut PgConnection) -> Result<Option<u32>, Failed> {
    let oldest = sqlx::query("SELECT max(oldest) FROM migrations");
    let oldest: Option<i32> = within(oldest.fetch_one(connection)).await?.try_get(0)?;
    Ok(oldest.and_then(|oldest| u32::try_from(oldest).ok()))
}

/// Refuses tables of an earlier version, and those of a later one that this program cannot use.
pub(super) async fn check(connection: &mut PgConnection, address: &PostgresAddress) -> Result<(), PostgresError> {
    let (store, known) = (address.to_string(), known_version());
    let unavailable = |failed: Failed| PostgresError::Unavailable {
        store: store.clone(),
        message: failed.message,
    };
    match version(connection, address.schema()).await.map_err(unavailable)? {
        Some(version) if version == known => Ok(()),
        Some(version) if version < known => Err(PostgresError::Older { store, version, known }),
        Some(version) => match oldest_user(connection).await.map_err(unavailable)? {
            Some(oldest) if oldest <= known => Ok(()),
            _ => Err(PostgresError::Newer { store, version, known }),
        },
        None => Err(PostgresError::Missing { store }),
    }
}

/// Brings the tables to the version of this program.
pub(super) async fn migrate(
    mut connection: PgConnection,
    address: &PostgresAddress,
) -> Result<Migrated, PostgresError> {
    let unavailable = |failed: Failed| PostgresError::Unavailable {
        store: address.to_string(),
        message: failed.message,
    };
    let (schema, known) = (address.schema(), known_version());
    let from = version(&mut connection, schema).await.map_err(unavailable)?;
    if let Some(version) = from.filter(|version| *version > known) {
        return Err(PostgresError::Newer {
            store: address.to_string(),
            version,
            known,
        });
    }
    if from.is_none() {
        run(&mut connection, &first_tables(schema)).await.map_err(unavailable)?;
    }
    for (version, migration) in (1..).zip(MIGRATIONS) {
        if from.is_none_or(|from| version > from) {
            run(&mut connection, &step(version, migration))
                .await
                .map_err(unavailable)?;
        }
    }
    // The server notices by itself if this is not heard.
    let _ = connection.close().await;
    Ok(Migrated { from, to: known })
}

fn first_tables(schema: &str) -> String {
    format!(
        "CREATE SCHEMA IF NOT EXISTS {};
         CREATE TABLE IF NOT EXISTS migrations (version int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());",
        quoted(schema)
    )
}

/// One message, so that the server makes one transaction of it. Of two programs that migrate at once, the second fails
/// on the number.
fn step(version: u32, migration: &str) -> String {
    format!("INSERT INTO migrations (version) VALUES ({version});\n{migration}")
}

async fn run(connection: &mut PgConnection, statements: &str) -> Result<(), Failed> {
    // It may take long where there is much, and nobody waits for it but a person.
    sqlx::raw_sql(statements).execute(connection).await?;
    Ok(())
}
