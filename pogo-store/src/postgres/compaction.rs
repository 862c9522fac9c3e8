//! Moves what a newer snapshot stands for out of the way.

use sqlx::{PgConnection, Row};

use pogo_core::journal::Seq;

use super::fence::{Fence, fenced};
use super::partitions::make_history;
use super::within::long;
use crate::remote::Failed;

/// How many snapshots are kept. Where the last one is damaged, the one before it and the records since are as good.
const KEPT: i64 = 2;
/// Commits that are moved by one statement: appends do not wait for it, and a takeover waits no longer than that.
const BATCH: i64 = 500;

const OLDEST: &str = "SELECT upto FROM snapshots WHERE namespace = $1 ORDER BY upto DESC OFFSET $2 LIMIT 1";

const DROP_SNAPSHOTS: &str =
    fenced!("DELETE FROM snapshots s USING fence WHERE s.namespace = fence.id AND s.upto < $5");

// The last commit stays, whatever stands for it: it says where the journal ends.
const MOVE: &str = fenced!(
    ", moved AS (DELETE FROM commits c USING fence WHERE c.namespace = fence.id AND c.at IN (
           SELECT at FROM commits WHERE namespace = $1 AND until <= $5 AND at < (SELECT max(at) FROM commits WHERE namespace = $1)
            ORDER BY at LIMIT $6)
        RETURNING c.*)
     INSERT INTO history (namespace, at, until, crc, epoch, jobs, stored, records)
     SELECT namespace, at, until, crc, epoch, jobs, stored, records FROM moved"
);

/// Removes all snapshots but the last two, and moves the commits of which the older of them needs none to the history.
/// Returns the first position that is still needed, if anything is kept in place of records.
pub(super) async fn compact(connection: &mut PgConnection, fence: Fence) -> Result<Option<Seq>, Failed> {
    let oldest = sqlx::query(OLDEST).bind(fence.namespace).bind(KEPT - 1);
    let Some(row) = long(oldest.fetch_optional(&mut *connection)).await? else {
        return Ok(None);
    };
    let oldest: i64 = row.try_get(0)?;
    long(fence.query(DROP_SNAPSHOTS).bind(oldest).execute(&mut *connection)).await?;
    // Before moving: a row without a part of its month would fail the statement.
    make_history(connection, fence.namespace).await?;
    loop {
        let moving = fence.query(MOVE).bind(oldest).bind(BATCH);
        if long(moving.execute(&mut *connection)).await?.rows_affected() < BATCH.cast_unsigned() {
            return Ok(Some(Seq(oldest.cast_unsigned())));
        }
    }
}
