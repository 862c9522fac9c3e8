//! Snapshots in rows.

use std::io;

use sqlx::{PgConnection, Row};

use pogo_core::journal::{JournalError, Seq, Snapshot};

use super::fence::{Fence, fenced, number, stored};
use super::within::{long, within};
use crate::compressed::compress;
use crate::remote::{Answer, Failed};

const WRITE: &str = fenced!(
    "INSERT INTO snapshots (namespace, upto, content, state) SELECT id, $5, $6, $7 FROM fence
      WHERE $5 = 0 OR EXISTS (SELECT FROM commits WHERE namespace = $1 AND until >= $5)
     ON CONFLICT (namespace, upto) DO UPDATE SET content = excluded.content, state = excluded.state"
);

/// Keeps a snapshot.
pub(super) async fn write_snapshot(
    connection: &mut PgConnection,
    fence: Fence,
    upto: Seq,
    state: Snapshot,
) -> Answer<()> {
    let content: Vec<Vec<u8>> = state.digests().map(|digest| digest.as_bytes().to_vec()).collect();
    // A large one takes a second, in which the thread has other things to do.
    let packed = tokio::task::spawn_blocking(move || compress(&serde_json::to_vec(&state).map_err(io::Error::from)?));
    let packed = packed
        .await
        .map_err(|_| Failed::before("the thread that compresses has panicked"))?;
    let packed = packed.map_err(|error| Failed::before(error.to_string()))?;
    let statement = fence.query(WRITE).bind(stored(upto.0)).bind(content).bind(packed);
    if long(statement.execute(&mut *connection)).await?.rows_affected() > 0 {
        return Ok(Ok(()));
    }
    let end = super::commits::owned_end(connection, fence).await?;
    Ok(Err(end.map_or(JournalError::Fenced, |end| JournalError::Conflict {
        at: end.seq,
    })))
}

/// The position of the newest snapshot.
pub(super) async fn latest_position(connection: &mut PgConnection, namespace: i64) -> Result<Option<Seq>, Failed> {
    let statement = sqlx::query("SELECT max(upto) FROM snapshots WHERE namespace = $1").bind(namespace);
    let row = within(statement.fetch_one(connection)).await?;
    let upto: Option<i64> = row.try_get(0)?;
    Ok(upto.map(|upto| Seq(upto.cast_unsigned())))
}

/// The newest snapshot that is not damaged. An error if all are.
pub(super) async fn latest_snapshot(connection: &mut PgConnection, namespace: i64) -> Answer<Option<(Seq, Snapshot)>> {
    const NEXT: &str =
        "SELECT upto, state FROM snapshots WHERE namespace = $1 AND upto < $2 ORDER BY upto DESC LIMIT 1";
    let (mut damage, mut before) = (None, i64::MAX);
    loop {
        let statement = sqlx::query(NEXT).bind(namespace).bind(before);
        let Some(row) = long(statement.fetch_optional(&mut *connection)).await? else {
            return Ok(damage.map_or(Ok(None), Err));
        };
        let upto = Seq(number(&row, "upto")?);
        before = stored(upto.0);
        match unpacked(row.try_get("state")?) {
            Ok(state) => return Ok(Ok(Some((upto, state)))),
            Err(message) => damage = Some(JournalError::Corrupt { at: upto, message }),
        }
    }
}

fn unpacked(packed: &[u8]) -> Result<Snapshot, String> {
    let text = zstd::decode_all(packed).map_err(|error| format!("its snapshot is damaged: {error}"))?;
    serde_json::from_slice(&text)
        .map_err(|error| format!("its snapshot is whole, and this version of pogo cannot read it: {error}"))
}

/// The snapshot of this position; what is wrong with it where it is damaged.
pub(super) async fn read_snapshot(
    connection: &mut PgConnection,
    namespace: i64,
    upto: Seq,
) -> Result<Result<Snapshot, String>, Failed> {
    let statement = sqlx::query("SELECT state FROM snapshots WHERE namespace = $1 AND upto = $2")
        .bind(namespace)
        .bind(stored(upto.0));
    let row = long(statement.fetch_one(connection)).await?;
    Ok(unpacked(row.try_get("state")?))
}

/// The snapshots that cannot be read, and why not.
pub(super) async fn damaged_snapshots(
    connection: &mut PgConnection,
    namespace: i64,
) -> Result<Vec<(Seq, String)>, Failed> {
    let all = sqlx::query("SELECT upto, state FROM snapshots WHERE namespace = $1 ORDER BY upto").bind(namespace);
    let mut damaged = vec![];
    for row in long(all.fetch_all(connection)).await? {
        if let Err(message) = unpacked(row.try_get("state")?) {
            damaged.push((Seq(number(&row, "upto")?), message));
        }
    }
    Ok(damaged)
}
