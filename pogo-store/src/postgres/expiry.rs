//! Parts of tables that have expired, which are dropped whole.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{PgConnection, Row};

use super::fence::number;
use super::hold::Hold;
use super::within::{long, within};
use crate::Retention;
use crate::remote::Failed;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What was removed: a part of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DroppedPart {
    /// The table that it was, such as `output_1_20261130`.
    pub table: String,
    /// Its bytes on the disk of the server, with those of its indexes.
    pub bytes: u64,
}

/// The parts of a table that ended so many seconds ago. Their names end with the day or the month that they are of.
const ENDED: &str = "
    SELECT c.relname::text AS name, pg_total_relation_size(c.oid) AS bytes
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = to_regclass($1)
       AND to_date(substring(c.relname from '[0-9]+$'), $2) + $3::interval
           <= (now() AT TIME ZONE 'UTC') - make_interval(secs => $4)
     ORDER BY c.relname";

/// Removes the parts of a namespace that have expired. One that has something of a job that is not over stays whole.
///
/// Nobody writes to what is over, so it does not matter who drops it: whoever owns the namespace, or a person.
pub(super) async fn expire(
    connection: &mut PgConnection,
    namespace: i64,
    keep: Retention,
) -> Result<Vec<DroppedPart>, Failed> {
    let mut dropped = vec![];
    for (table, (by, length), age) in [
        ("output", ("YYYYMMDD", "1 day"), keep.age),
        ("sealed", ("YYYYMMDD", "1 day"), keep.age),
        ("history", ("YYYYMM", "1 month"), keep.events),
    ] {
        let ended = sqlx::query(ENDED)
            .bind(format!("{table}_{namespace}"))
            .bind(by)
            .bind(length)
            .bind(age.as_secs_f64());
        for row in within(ended.fetch_all(&mut *connection)).await? {
            let (name, bytes): (String, u64) = (row.try_get("name")?, number(&row, "bytes")?);
            if is_needed(connection, namespace, (table, &name)).await? {
                continue;
            }
            // A part of the name of a table that this program made: letters, digits and `_`.
            let statement = format!("DROP TABLE IF EXISTS {name}");
            long(sqlx::raw_sql(&statement).execute(&mut *connection)).await?;
            dropped.push(DroppedPart { table: name, bytes });
        }
    }
    Ok(dropped)
}

/// Whether a job that is not over has something in a part. What the list of jobs does not know is not over.
async fn is_needed(connection: &mut PgConnection, namespace: i64, (table, part): (&str, &str)) -> Result<bool, Failed> {
    let statement = match table {
        // From one job to the next by the index: a part may have millions of rows.
        "output" | "sealed" => format!(
            "WITH RECURSIVE named (job) AS (
                 SELECT min(job) FROM {part} WHERE namespace = $1
                  UNION ALL
                 SELECT (SELECT min(job) FROM {part} p WHERE p.namespace = $1 AND p.job > named.job)
                   FROM named WHERE named.job IS NOT NULL)
             SELECT EXISTS (
                 SELECT FROM named LEFT JOIN jobs j ON j.namespace = $1 AND j.job = named.job
                  WHERE named.job IS NOT NULL AND j.retired IS NOT TRUE)"
        ),
        _ => format!(
            "SELECT EXISTS (
                 SELECT FROM jobs WHERE namespace = $1 AND NOT retired
                    AND first < (SELECT until FROM {part} WHERE namespace = $1 ORDER BY at DESC LIMIT 1))"
        ),
    };
    let asked = sqlx::query(&statement).bind(namespace);
    Ok(long(asked.fetch_one(connection)).await?.try_get(0)?)
}

/// Removes what has expired, at once and then each day, until the ownership ends.
pub(super) async fn expire_daily(hold: Arc<Hold>) {
    while !hold.ended.is_over() {
        if let Some(keep) = hold.shared.retention() {
            // What cannot be removed today may be tomorrow.
            let _ = expire_now(&hold, keep).await;
        }
        tokio::select! {
            () = hold.ended.wait() => return,
            () = tokio::time::sleep(DAY) => {}
        }
    }
}

async fn expire_now(hold: &Hold, keep: Retention) -> Result<(), Failed> {
    let mut pooled = hold.shared.store.pool.get().await?;
    let expired = expire(&mut pooled, hold.fence.namespace, keep).await;
    pooled.done(expired).map(drop)
}
