//! The first row of a copy, by which one who copies to the same name sees another.

use std::fmt;

use sqlx::{PgConnection, Row};

use pogo_core::journal::{Epoch, Nonce};

use crate::copy::{CopyError, Head};
use crate::postgres::PostgresAddress;
use crate::postgres::fence::{Fence, number, stored};
use crate::postgres::partitions::{make_history, make_output};
use crate::postgres::server_identity::ServerIdentity;
use crate::postgres::shared::StoreShared;
use crate::postgres::within::{long, within};
use crate::remote::Failed;

/// What a namespace has, its row last.
const TABLES: [&str; 8] = [
    "commits",
    "history",
    "snapshots",
    "content",
    "jobs",
    "jobs_upto",
    "output",
    "sealed",
];

/// What a namespace is called while it is written: no namespace can have such a name.
pub(super) fn working_name(name: &str) -> String {
    format!("~copy-{name}")
}

/// What the list of sessions shows of whoever copies, as long as that lasts.
pub(super) fn session_name(nonce: Nonce) -> String {
    format!("pogo copy {:016x}", nonce.0)
}

/// A copy that has begun, and was not ended yet.
pub(super) struct BegunCopy {
    id: i64,
    epoch: Epoch,
    nonce: Nonce,
    is_alive: bool,
    machine: String,
    process: i64,
    begun: String,
}

const LOOK: &str = "
    SELECT n.id, n.epoch, coalesce(n.nonce, 0) AS nonce, coalesce(n.machine, 'an unknown machine') AS machine,
           coalesce(n.process, 0) AS process,
           to_char(to_timestamp(coalesce(n.since, 0) / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS begun,
           EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = current_database()
              AND a.application_name = 'pogo copy ' || lpad(to_hex(n.nonce), 16, '0')) AS alive
      FROM namespaces n WHERE n.name = $1";

/// What there is of a copy to this name.
pub(super) async fn look(connection: &mut PgConnection, name: &str) -> Result<Option<BegunCopy>, Failed> {
    let asked = sqlx::query(LOOK).bind(working_name(name));
    let row = within(asked.fetch_optional(connection)).await?;
    row.map(|row| {
        Ok(BegunCopy {
            id: row.try_get("id")?,
            epoch: number(&row, "epoch").map(Epoch)?,
            nonce: number(&row, "nonce").map(Nonce)?,
            is_alive: row.try_get("alive")?,
            machine: row.try_get("machine")?,
            process: row.try_get("process")?,
            begun: row.try_get("begun")?,
        })
    })
    .transpose()
}

impl fmt::Display for BegunCopy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            machine,
            process,
            begun,
            ..
        } = self;
        write!(f, "by process {process} of {machine}, since {begun} UTC")
    }
}

impl BegunCopy {
    /// Refuses to write beside somebody who lives.
    pub(super) fn check(&self, name: &str, store: &PostgresAddress) -> Result<(), CopyError> {
        match self.is_alive {
            true => Err(CopyError::Other(format!(
                "{name} is being copied to {store} just now {self}; wait for its end"
            ))),
            false => Ok(()),
        }
    }
}

const TAKE_OVER: &str = "UPDATE namespaces SET nonce = $3 WHERE id = $1 AND coalesce(nonce, 0) = $2 AND epoch = $4";

const CREATE: &str = "
    INSERT INTO namespaces (name, number, place, epoch, nonce, machine, process, since)
    VALUES ($1, $2, $3, $4, $5, $6, $7, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)
    ON CONFLICT (name) DO NOTHING RETURNING id";

/// Makes the row, by the session that shows that its copier lives. What another copy left that was cut off is removed
/// first.
pub(super) async fn begin(
    session: &mut PgConnection,
    (name, store): (&str, &StoreShared),
    (head, nonce, place): (&Head, Nonce, &ServerIdentity),
) -> Result<Result<Fence, CopyError>, Failed> {
    loop {
        if let Some(found) = look(session, name).await? {
            if let Err(refused) = found.check(name, &store.address) {
                return Ok(Err(refused));
            }
            let taking = sqlx::query(TAKE_OVER)
                .bind(found.id)
                .bind(stored(found.nonce.0))
                .bind(stored(nonce.0))
                .bind(stored(found.epoch.0));
            if within(taking.execute(&mut *session)).await?.rows_affected() > 0 {
                remove(session, found.id).await?;
            }
            continue;
        }
        let statement = sqlx::query(CREATE)
            .bind(working_name(name))
            .bind(&head.number)
            .bind(place.stored())
            .bind(stored(head.epoch.0))
            .bind(stored(nonce.0))
            .bind(&store.machine)
            .bind(i64::from(std::process::id()));
        // Where somebody was faster, that one is looked at.
        if let Some(row) = within(statement.fetch_optional(&mut *session)).await? {
            let namespace: i64 = row.try_get(0)?;
            make_history(session, namespace).await?;
            make_output(session, namespace).await?;
            return Ok(Ok(Fence {
                namespace,
                epoch: head.epoch,
                nonce,
                table: place.table,
            }));
        }
    }
}

/// Removes what was written.
pub(super) async fn remove(connection: &mut PgConnection, namespace: i64) -> Result<(), Failed> {
    for table in TABLES {
        let statement = format!("DELETE FROM {table} WHERE namespace = {namespace}");
        long(sqlx::raw_sql(&statement).execute(&mut *connection)).await?;
    }
    let statement = format!("DELETE FROM namespaces WHERE id = {namespace}");
    long(sqlx::raw_sql(&statement).execute(connection)).await.map(drop)
}
