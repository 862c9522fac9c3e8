//! What a namespace has, without reading it, and who owns it.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use pogo_core::Timestamp;
use pogo_core::journal::{Epoch, OwnerId, Seq};

use super::commits::FoundCommit;
use super::fence::number;
use super::within::{long, within};
use crate::remote::{Failed, OwnerSign, RemoteInfo, RemoteOwner, RemoteOwnership, StoredPart};

const NAMESPACE: &str = "
    SELECT n.id, n.epoch, n.nonce IS NOT NULL AS owns, n.owner, n.machine, n.process, n.since, n.copied_from,
           (extract(epoch FROM clock_timestamp() - h.at) * 1000)::bigint AS counted
      FROM namespaces n LEFT JOIN heartbeats h ON h.namespace = n.id AND h.epoch = n.epoch AND h.nonce = n.nonce
     WHERE n.name = $1";

/// Whoever waits writes several times a second.
const WAITING: &str = "
    SELECT name FROM standbys WHERE namespace = $1 AND at > clock_timestamp() - interval '10 seconds' ORDER BY name";

const LAST: &str = "
    SELECT at, until, epoch, crc, records, (SELECT min(at) FROM commits WHERE namespace = $1) AS first
      FROM commits WHERE namespace = $1 ORDER BY at DESC LIMIT 1";

/// The names of what is stored, as people see them.
const PARTS: [&str; 6] = ["commits", "history", "snapshots", "content", "jobs", "output"];

const STORED: &str = "
    SELECT 'commits' AS name, count(*) AS count, coalesce(sum(pg_column_size(records)), 0)::bigint AS bytes
      FROM commits WHERE namespace = $1
     UNION ALL SELECT 'history', count(*), coalesce(sum(pg_column_size(records)), 0)::bigint
      FROM history WHERE namespace = $1
     UNION ALL SELECT 'snapshots', count(*), coalesce(sum(pg_column_size(state)), 0)::bigint
      FROM snapshots WHERE namespace = $1
     UNION ALL SELECT 'content', count(*), coalesce(sum(pg_column_size(bytes)), 0)::bigint
      FROM content WHERE namespace = $1
     UNION ALL SELECT 'jobs', count(*), coalesce(sum(pg_column_size(entry)), 0)::bigint
      FROM jobs WHERE namespace = $1
     UNION ALL SELECT 'output', count(*), coalesce(sum(pg_column_size(bytes)), 0)::bigint
      FROM output WHERE namespace = $1";

/// Who owns a namespace and who waits. It reads none of what grows.
pub(super) async fn ownership(connection: &mut PgConnection, name: &str) -> Result<RemoteOwnership, Failed> {
    match find(connection, name).await? {
        Some(row) => owned(connection, &row).await,
        None => Ok(RemoteOwnership::default()),
    }
}

/// The row of a namespace, unless nobody ever owned it.
async fn find(connection: &mut PgConnection, name: &str) -> Result<Option<PgRow>, Failed> {
    let found = sqlx::query(NAMESPACE).bind(name);
    within(found.fetch_optional(connection)).await
}

async fn owned(connection: &mut PgConnection, row: &PgRow) -> Result<RemoteOwnership, Failed> {
    let namespace: i64 = row.try_get("id")?;
    let mut waits = vec![];
    for row in within(sqlx::query(WAITING).bind(namespace).fetch_all(connection)).await? {
        let name: String = row.try_get(0)?;
        waits.push(OwnerId(name.into()));
    }
    Ok(RemoteOwnership {
        owner: owner(row)?,
        waiting: waits,
        epoch: number(row, "epoch").map(Epoch)?,
    })
}

/// What a namespace has. One that nobody ever owned has nothing.
pub(super) async fn info(connection: &mut PgConnection, name: &str) -> Result<RemoteInfo, Failed> {
    let Some(row) = find(connection, name).await? else {
        return Ok(RemoteInfo::default());
    };
    let namespace: i64 = row.try_get("id")?;
    let RemoteOwnership { owner, waiting, epoch } = owned(connection, &row).await?;
    let mut info = RemoteInfo {
        owner,
        waiting,
        epoch,
        copied_from: copied_from(&row)?,
        ..RemoteInfo::default()
    };
    let last = sqlx::query(LAST).bind(namespace);
    if let Some(row) = within(last.fetch_optional(&mut *connection)).await? {
        let commit = FoundCommit::of(&row)?;
        info.first = number(&row, "first").map(Seq)?;
        info.end = commit.until;
        // One that is damaged is for a check to name.
        let records = commit.records(commit.at).unwrap_or_default();
        info.newest = records.last().map(|record| record.at);
    }
    info.parts = stored(connection, namespace).await?;
    Ok(info)
}

/// Behind the store stands what distinguishes the copy from others.
fn copied_from(row: &PgRow) -> Result<Option<String>, Failed> {
    let from: Option<String> = row.try_get("copied_from")?;
    Ok(from.map(|from| {
        from.rsplit_once('#')
            .map_or(from.clone(), |(store, _)| store.to_owned())
    }))
}

/// In the order of [`PARTS`]; the database promises none.
async fn stored(connection: &mut PgConnection, namespace: i64) -> Result<Vec<StoredPart>, Failed> {
    let mut found: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for row in long(sqlx::query(STORED).bind(namespace).fetch_all(connection)).await? {
        found.insert(row.try_get("name")?, (number(&row, "count")?, number(&row, "bytes")?));
    }
    let part = |name| {
        let (count, bytes) = found.get(name).copied().unwrap_or_default();
        StoredPart::new(name, count, bytes)
    };
    Ok(PARTS.into_iter().map(part).collect())
}

fn owner(row: &PgRow) -> Result<Option<RemoteOwner>, Failed> {
    let Some(owner) = row.try_get::<Option<String>, _>("owner")? else {
        return Ok(None);
    };
    let since: Option<i64> = row.try_get("since")?;
    let pid: Option<i64> = row.try_get("process")?;
    let counted: Option<i64> = row.try_get("counted")?;
    Ok(Some(RemoteOwner {
        owner: OwnerId(owner.into()),
        since: Timestamp::from_millis(since.unwrap_or_default().cast_unsigned()),
        machine: row.try_get::<Option<String>, _>("machine")?.unwrap_or_default(),
        pid: pid.and_then(|pid| u32::try_from(pid).ok()).unwrap_or_default(),
        owns: row.try_get("owns")?,
        sign: counted
            .map(|millis| OwnerSign::Heartbeat(Duration::from_millis(u64::try_from(millis).unwrap_or_default()))),
    }))
}
