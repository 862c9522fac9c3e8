//! Who owns a namespace, as anybody may see.

use std::time::Duration;

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use pogo_core::Timestamp;
use pogo_core::journal::{Epoch, JournalError, Nonce, OwnerId};

use super::fence::{number, stored};
use super::formats::{format_of, stored_format};
use super::within::within;
use crate::remote::{Failed, NEWEST};

/// The row of a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamespaceRow {
    pub(super) id: i64,
    pub(super) epoch: Epoch,
    /// The format that its records are written in.
    pub(super) format: u32,
    pub(super) server: String,
    pub(super) copied_from: Option<String>,
    /// `None` where nobody owns it.
    pub(super) holder: Option<Holder>,
    /// Who owned it last, or does.
    pub(super) last: Option<OwnerId>,
    /// Who owned it before.
    pub(super) previous: Option<OwnerId>,
}

/// An owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) owner: OwnerId,
    pub(super) nonce: Nonce,
    pub(super) since: Timestamp,
    /// What it has counted to, and how often it counts; `None` before it has begun.
    pub(super) beat: Option<(i64, Duration)>,
}

const ROW: &str = "
    SELECT n.id, n.epoch, n.nonce, n.owner, n.previous_owner, n.since, n.place, n.copied_from, n.format, h.beat,
           h.every
      FROM namespaces n LEFT JOIN heartbeats h ON h.namespace = n.id AND h.epoch = n.epoch AND h.nonce = n.nonce
     WHERE n.name = $1";

impl NamespaceRow {
    /// What there is of a namespace; `None` before its first owner.
    pub(super) async fn find(connection: &mut PgConnection, name: &str) -> Result<Option<Self>, Failed> {
        let row = within(sqlx::query(ROW).bind(name).fetch_optional(connection)).await?;
        row.as_ref().map(Self::of).transpose()
    }

    fn of(row: &PgRow) -> Result<Self, Failed> {
        let named = |column| {
            let owner: Option<String> = row.try_get(column)?;
            Ok::<_, Failed>(owner.map(|owner| OwnerId(owner.into())))
        };
        let last = named("owner")?;
        let nonce: Option<i64> = row.try_get("nonce")?;
        let since = row.try_get::<Option<i64>, _>("since")?.unwrap_or_default();
        let beat: Option<i64> = row.try_get("beat")?;
        let every = row.try_get::<Option<i64>, _>("every")?.unwrap_or_default();
        let holder = nonce.map(|nonce| Holder {
            owner: last
                .clone()
                .unwrap_or_else(|| OwnerId("a dispatcher without a name".into())),
            nonce: Nonce(nonce.cast_unsigned()),
            since: Timestamp::from_millis(since.cast_unsigned()),
            beat: beat.map(|beat| (beat, Duration::from_millis(every.cast_unsigned()))),
        });
        Ok(Self {
            id: row.try_get("id")?,
            epoch: number(row, "epoch").map(Epoch)?,
            format: format_of(row, "format")?,
            server: row.try_get("place")?,
            copied_from: row.try_get("copied_from")?,
            holder,
            last,
            previous: named("previous_owner")?,
        })
    }

    /// The answer to whoever wants it only if it is free.
    pub(super) fn held(&self, holder: &Holder) -> JournalError {
        JournalError::Held {
            owner: holder.owner.clone(),
            epoch: self.epoch,
            since: holder.since,
        }
    }
}

const STAND_BY: &str = "
    INSERT INTO standbys (namespace, nonce, name, reads, follows, beat, at)
    VALUES ($1, $2, $3, $4, $5, 0, clock_timestamp())
    ON CONFLICT (namespace, nonce) DO UPDATE SET beat = standbys.beat + 1, at = clock_timestamp()";

/// Writes that somebody waits, and which format it reads. It is what shows that an owner which does not count any more
/// could: a database that can be read, and takes no writes, kills no owner.
pub(super) async fn stand_by(
    connection: &mut PgConnection,
    namespace: i64,
    who: (Nonce, &OwnerId),
) -> Result<(), Failed> {
    list(connection, namespace, who, false).await
}

/// Writes that somebody follows who never takes over, and which format it reads.
pub(super) async fn follow(
    connection: &mut PgConnection,
    namespace: i64,
    who: (Nonce, &OwnerId),
) -> Result<(), Failed> {
    list(connection, namespace, who, true).await
}

async fn list(
    connection: &mut PgConnection,
    namespace: i64,
    (nonce, name): (Nonce, &OwnerId),
    follows: bool,
) -> Result<(), Failed> {
    let statement = sqlx::query(STAND_BY)
        .bind(namespace)
        .bind(stored(nonce.0))
        .bind(name.to_string())
        .bind(stored_format(NEWEST))
        .bind(follows);
    within(statement.execute(connection)).await.map(drop)
}

/// Waits or follows no more.
pub(super) async fn stand_down(connection: &mut PgConnection, namespace: i64, nonce: Nonce) -> Result<(), Failed> {
    let statement = sqlx::query("DELETE FROM standbys WHERE namespace = $1 AND nonce = $2")
        .bind(namespace)
        .bind(stored(nonce.0));
    within(statement.execute(connection)).await.map(drop)
}
