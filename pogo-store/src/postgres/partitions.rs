//! Parts of tables by time, so that what is old goes with its part.

use sqlx::{PgConnection, Row};

use super::within::{long, within};
use crate::remote::Failed;

/// The months in which commits were stored that may be moved, and this one.
const MONTHS: &str = "
    SELECT to_char(month, 'YYYYMM') AS name, month::date::text AS first,
           (month + interval '1 month')::date::text AS next
      FROM generate_series(
               date_trunc('month', coalesce((SELECT min(stored) FROM commits WHERE namespace = $1), now()), 'UTC'),
               now(), interval '1 month') AS month
     WHERE to_regclass('history_' || $1 || '_' || to_char(month, 'YYYYMM')) IS NULL";

/// Makes the parts of a namespace's history that are missing.
pub(super) async fn make_history(connection: &mut PgConnection, namespace: i64) -> Result<(), Failed> {
    make_of_namespace(connection, ("history", "stored"), namespace).await?;
    let missing = within(sqlx::query(MONTHS).bind(namespace).fetch_all(&mut *connection)).await?;
    for row in missing {
        let (name, first, next): (String, String, String) =
            (row.try_get("name")?, row.try_get("first")?, row.try_get("next")?);
        make(
            connection,
            &format!("history_{namespace}"),
            &name,
            &format!("FROM ('{first} UTC') TO ('{next} UTC')"),
        )
        .await?;
    }
    Ok(())
}

const DAYS: &str = "
    SELECT to_char(day, 'YYYYMMDD') AS name, day::date::text AS first, (day + interval '1 day')::date::text AS next
      FROM generate_series(date_trunc('day', now(), 'UTC') AT TIME ZONE 'UTC',
               date_trunc('day', now(), 'UTC') AT TIME ZONE 'UTC' + interval '1 day', interval '1 day') AS day
     WHERE to_regclass($2 || '_' || $1 || '_' || to_char(day, 'YYYYMMDD')) IS NULL";

/// Makes the parts of a namespace's output for this day and the next.
pub(super) async fn make_output(connection: &mut PgConnection, namespace: i64) -> Result<(), Failed> {
    for table in ["output", "sealed"] {
        make_of_namespace(connection, (table, "day"), namespace).await?;
        let missing = sqlx::query(DAYS)
            .bind(namespace)
            .bind(table)
            .fetch_all(&mut *connection);
        for row in within(missing).await? {
            let (name, first, next): (String, String, String) =
                (row.try_get("name")?, row.try_get("first")?, row.try_get("next")?);
            let values = format!("FROM ('{first}') TO ('{next}')");
            make(connection, &format!("{table}_{namespace}"), &name, &values).await?;
        }
    }
    Ok(())
}

/// Makes the part of a namespace, which has parts of its own.
async fn make_of_namespace(
    connection: &mut PgConnection,
    (table, by): (&str, &str),
    namespace: i64,
) -> Result<(), Failed> {
    let part = format!("{table}_{namespace}");
    let there = sqlx::query("SELECT to_regclass($1) IS NOT NULL").bind(&part);
    if within(there.fetch_one(&mut *connection)).await?.try_get(0)? {
        return Ok(());
    }
    let statement = format!(
        // By namespace first: removing one, or what is old of it, is then dropping tables and
        // leaves no dead rows.
        "CREATE TABLE IF NOT EXISTS {part} PARTITION OF {table} FOR VALUES IN ({namespace}) PARTITION BY RANGE ({by})"
    );
    long(sqlx::raw_sql(&statement).execute(connection)).await.map(drop)
}

/// Makes a part. Whoever is too late finds it there.
async fn make(connection: &mut PgConnection, of: &str, name: &str, values: &str) -> Result<(), Failed> {
    let statement = format!("CREATE TABLE IF NOT EXISTS {of}_{name} PARTITION OF {of} FOR VALUES {values}");
    long(sqlx::raw_sql(&statement).execute(connection)).await.map(drop)
}
