//! What a namespace has, without reading it, and who owns it.

use std::time::Duration;

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use pogo_core::Timestamp;
use pogo_core::journal::{Epoch, OwnerId, Seq};

use super::commits::FoundCommit;
use super::error::Failed;
use super::fence::number;
use super::within::{long, within};

/// What a namespace has, who owns it and who waits for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PostgresInfo {
    /// Who owns it, or did last; `None` if nobody ever did.
    pub owner: Option<PostgresOwner>,
    /// Who waits to take over, by what they wrote in the last seconds.
    pub waiting: Vec<OwnerId>,
    /// The epoch of its owner, or of the last one.
    pub epoch: Epoch,
    /// The first record that the journal still has.
    pub first: Seq,
    /// The position after the last one.
    pub end: Seq,
    /// When the last record was written, by its dispatcher's clock.
    pub newest: Option<Timestamp>,
    /// The store that it was copied from, until somebody has accepted that.
    pub copied_from: Option<String>,
    /// Commits since the older snapshot.
    pub commits: StoredRows,
    /// Commits before that, for the history of jobs.
    pub history: StoredRows,
    /// Snapshots.
    pub snapshots: StoredRows,
    /// Fleets and policies.
    pub content: StoredRows,
    /// The list of jobs.
    pub jobs: StoredRows,
    /// What hosts wrote.
    pub output: StoredRows,
}

/// Rows of a table, and the room that they take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct StoredRows {
    /// How many there are.
    pub rows: u64,
    /// Their bytes as they are stored: compressed, and without what the server needs for each row.
    pub bytes: u64,
}

/// Who owns a namespace, or did last.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PostgresOwner {
    /// Its name.
    pub owner: OwnerId,
    /// Since when, by its own clock.
    pub since: Timestamp,
    /// The name of its machine.
    pub machine: String,
    /// Its process.
    pub pid: u32,
    /// Whether it has not given the namespace back.
    pub owns: bool,
    /// How long ago it last counted, by the server's clock.
    pub counted: Option<Duration>,
}

impl PostgresInfo {
    /// The bytes of all of it.
    pub fn bytes(&self) -> u64 {
        let Self {
            commits,
            history,
            snapshots,
            content,
            jobs,
            output,
            ..
        } = self;
        let all = [commits, history, snapshots, content, jobs, output];
        all.into_iter().map(|stored| stored.bytes).sum()
    }
}

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

/// What a namespace has. One that nobody ever owned has nothing.
pub(super) async fn info(connection: &mut PgConnection, name: &str) -> Result<PostgresInfo, Failed> {
    let found = sqlx::query(NAMESPACE).bind(name);
    let Some(row) = within(found.fetch_optional(&mut *connection)).await? else {
        return Ok(PostgresInfo::default());
    };
    let namespace: i64 = row.try_get("id")?;
    let mut info = PostgresInfo {
        owner: owner(&row)?,
        epoch: number(&row, "epoch").map(Epoch)?,
        copied_from: copied_from(&row)?,
        ..PostgresInfo::default()
    };
    let waiting = sqlx::query(WAITING).bind(namespace);
    for row in within(waiting.fetch_all(&mut *connection)).await? {
        let name: String = row.try_get(0)?;
        info.waiting.push(OwnerId(name.into()));
    }
    let last = sqlx::query(LAST).bind(namespace);
    if let Some(row) = within(last.fetch_optional(&mut *connection)).await? {
        let commit = FoundCommit::of(&row)?;
        info.first = number(&row, "first").map(Seq)?;
        info.end = commit.until;
        // One that is damaged is for a check to name.
        let records = commit.records(commit.at).unwrap_or_default();
        info.newest = records.last().map(|record| record.at);
    }
    for row in long(sqlx::query(STORED).bind(namespace).fetch_all(connection)).await? {
        let (name, stored): (String, _) = (row.try_get("name")?, stored(&row)?);
        match &*name {
            "commits" => info.commits = stored,
            "history" => info.history = stored,
            "snapshots" => info.snapshots = stored,
            "content" => info.content = stored,
            "jobs" => info.jobs = stored,
            _ => info.output = stored,
        }
    }
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

fn stored(row: &PgRow) -> Result<StoredRows, Failed> {
    Ok(StoredRows {
        rows: number(row, "count")?,
        bytes: number(row, "bytes")?,
    })
}

fn owner(row: &PgRow) -> Result<Option<PostgresOwner>, Failed> {
    let Some(owner) = row.try_get::<Option<String>, _>("owner")? else {
        return Ok(None);
    };
    let since: Option<i64> = row.try_get("since")?;
    let pid: Option<i64> = row.try_get("process")?;
    let counted: Option<i64> = row.try_get("counted")?;
    Ok(Some(PostgresOwner {
        owner: OwnerId(owner.into()),
        since: Timestamp::from_millis(since.unwrap_or_default().cast_unsigned()),
        machine: row.try_get::<Option<String>, _>("machine")?.unwrap_or_default(),
        pid: pid.and_then(|pid| u32::try_from(pid).ok()).unwrap_or_default(),
        owns: row.try_get("owns")?,
        counted: counted.map(|millis| Duration::from_millis(u64::try_from(millis).unwrap_or_default())),
    }))
}
