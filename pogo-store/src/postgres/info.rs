//! What a namespace has, without reading it, and who owns it.

use std::time::Duration;

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use pogo_core::Timestamp;
use pogo_core::journal::{Epoch, OwnerId, Seq};

use super::commits::FoundCommit;
use super::fence::number;
use super::formats::{alive, format_of};
use super::stored_parts::stored_parts;
use super::within::within;
use crate::remote::{Failed, OwnerSign, RemoteFormats, RemoteInfo, RemoteOwner, RemoteOwnership};

const NAMESPACE: &str = "
    SELECT n.id, n.epoch, n.nonce IS NOT NULL AS owns, n.owner, n.machine, n.process, n.since, n.copied_from, n.format, n.reads,
           (extract(epoch FROM clock_timestamp() - h.at) * 1000)::bigint AS counted
      FROM namespaces n LEFT JOIN heartbeats h ON h.namespace = n.id AND h.epoch = n.epoch AND h.nonce = n.nonce
     WHERE n.name = $1";

const WAITING: &str = concat!(
    "SELECT name, reads, follows FROM standbys WHERE namespace = $1 AND ",
    alive!(),
    " ORDER BY name"
);

const LAST: &str = "
    SELECT at, until, epoch, crc, records, (SELECT min(at) FROM commits WHERE namespace = $1) AS first
      FROM commits WHERE namespace = $1 ORDER BY at DESC LIMIT 1";

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
    let (owner, mut waiting) = (owner(row)?, vec![]);
    let mut formats = RemoteFormats {
        written: format_of(row, "format")?,
        read: vec![],
    };
    if let Some(owner) = owner.as_ref().filter(|owner| owner.owns) {
        formats.read.push((owner.owner.clone(), format_of(row, "reads")?));
    }
    for row in within(sqlx::query(WAITING).bind(namespace).fetch_all(connection)).await? {
        let name = OwnerId(row.try_get::<String, _>("name")?.into());
        formats.read.push((name.clone(), format_of(&row, "reads")?));
        if !row.try_get::<bool, _>("follows")? {
            waiting.push(name);
        }
    }
    Ok(RemoteOwnership {
        owner,
        waiting,
        epoch: number(row, "epoch").map(Epoch)?,
        formats,
    })
}

/// What a namespace has. One that nobody ever owned has nothing.
pub(super) async fn info(connection: &mut PgConnection, name: &str) -> Result<RemoteInfo, Failed> {
    let Some(row) = find(connection, name).await? else {
        return Ok(RemoteInfo::default());
    };
    let namespace: i64 = row.try_get("id")?;
    let RemoteOwnership {
        owner,
        waiting,
        epoch,
        formats,
    } = owned(connection, &row).await?;
    let mut info = RemoteInfo {
        owner,
        waiting,
        epoch,
        formats,
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
    info.parts = stored_parts(connection, namespace).await?;
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
